package view

import (
	"time"

	"switchboard/desk"
)

// SavedView is a search that is kept under a name.
type SavedView struct {
	ID        desk.SavedViewID `json:"id"`
	Name      string           `json:"name"`
	Owner     AgentName        `json:"owner" doc:"Who made it"`
	Scope     string           `json:"scope" enum:"own,team,all" doc:"Who sees it: its owner; also agents who work in a tier of the owner, and admins; every agent. It shows each of them only what they may read"`
	Q         string           `json:"q" doc:"A search query; me is the reader"`
	Sort      Sort             `json:"sort" enum:"due,waiting,newest,oldest,priority"`
	Editable  bool             `json:"editable" doc:"You may change and remove it"`
	Count     *int             `json:"count" doc:"How many conversations it shows you, up to 1000; null: not asked for"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

package desk

// MacroAction is one thing that a macro does to a conversation; exactly one of its fields
// but Until and Note is set.
type MacroAction struct {
	Tag      string   `json:"tag,omitempty" maxLength:"100" doc:"Adds a tag"`
	Untag    string   `json:"untag,omitempty" maxLength:"100" doc:"Removes a tag"`
	Status   Status   `json:"status,omitempty" enum:"open,pending,snoozed,resolved,closed"`
	Until    string   `json:"until,omitempty" maxLength:"10" doc:"With snoozed: for how long, such as 4h, 3d or 2w"`
	Move     string   `json:"move,omitempty" maxLength:"200" doc:"Key of the inbox to move to"`
	Note     string   `json:"note,omitempty" maxLength:"10000" doc:"With move: the handover note"`
	Assign   string   `json:"assign,omitempty" maxLength:"320" doc:"me, nobody, or an agent's id"`
	Priority Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
}

const (
	EventMacroChanged EventKind = "macro.changed" // MacroChanged
	EventMacroApplied EventKind = "macro.applied" // MacroApplied
)

// MacroChanged is what an agent did to a macro.
type MacroChanged struct {
	Name   string   `json:"name"`
	Scope  string   `json:"scope" enum:"shared,private"`
	What   string   `json:"what" enum:"created,changed,removed"`
	Fields []string `json:"fields,omitempty" doc:"With changed: the names of the changed fields"`
}

func (MacroChanged) EventKind() EventKind { return EventMacroChanged }
func (MacroChanged) EventVersion() int    { return 1 }

// MacroApplied means that an agent used a macro; what it changed is in events of its own.
type MacroApplied struct {
	MacroID   MacroID       `json:"macro_id"`
	Name      string        `json:"name"`
	MessageID MessageID     `json:"message_id" doc:"The reply that it was used in; empty: none"`
	Actions   []MacroAction `json:"actions" doc:"What it did; without those that the agent left out"`
	Granted   bool          `json:"granted,omitempty" doc:"The policy lets the agent's tier do this with the macro"`
}

func (MacroApplied) EventKind() EventKind { return EventMacroApplied }
func (MacroApplied) EventVersion() int    { return 1 }

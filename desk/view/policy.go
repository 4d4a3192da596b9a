package view

import (
	"time"

	"switchboard/desk"
)

// PolicyVersion is a version of the routing policy, without its document.
type PolicyVersion struct {
	Version     int64             `json:"version"`
	PublishedAt time.Time         `json:"published_at"`
	Author      string            `json:"author" doc:"Who published it; empty: the program, at a start"`
	Reason      string            `json:"reason" doc:"May be empty"`
	Origin      desk.PolicyOrigin `json:"origin" enum:"default,file,command,api,pilot" doc:"How it was published: the default of a new installation, a policy file at a start, switchboard policy apply, or this API and the console; pilot: the draft of a pilot, which was not published under this number"`
	Restores    *int64            `json:"restores" doc:"The earlier version whose document this is; null: none"`
	Live        bool              `json:"live" doc:"It is in force"`
}

// PolicyDocument is a version with its document.
type PolicyDocument struct {
	PolicyVersion
	Document string `json:"document" doc:"YAML"`
}

// PolicyHits is how often a part of the policy decided.
type PolicyHits struct {
	Section string    `json:"section" enum:"segments,routing,slas"`
	Name    string    `json:"name" doc:"With its parents: api/webhook"`
	Hits    int64     `json:"hits" doc:"Conversations that it decided about when they opened"`
	LastAt  time.Time `json:"last_at" doc:"When the last one opened"`
}

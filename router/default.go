package router

import _ "embed"

// Default is the policy document of a new installation.
//
//go:embed default.yaml
var Default []byte

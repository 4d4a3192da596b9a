// Package api is the desk over HTTP: the JSON API with its OpenAPI 3.1 document,
// the agents' event socket, signing in, and the files of the console. It decides
// nothing: acts go to package agent, reads to the store, and both judge who may
// see what. Shapes and conventions are in doc/api.md.
//
// Every route asks for a signed-in agent unless it says otherwise, so that a
// forgotten check denies.
package api

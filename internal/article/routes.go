package article

import "strings"

// Routes returns the names of the rules in the path of a conversation, as router.Policy.Route
// records it: of "routing: api/webhook" these are api and api/webhook.
func Routes(path []string) (names []string) {
	for _, step := range path {
		name, ok := strings.CutPrefix(step, "routing: ")
		if !ok {
			continue
		}
		for i, c := range name {
			if c == '/' {
				names = append(names, name[:i])
			}
		}
		names = append(names, name)
	}
	return names
}

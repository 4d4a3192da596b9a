package article

import "strings"

// Language returns which of the languages with articles is that of a customer: "" if none
// is. If theirs is not known, it is the one language that there is.
func Language(with []string, customer string) string {
	if customer == "" && len(with) == 1 {
		return with[0]
	}
	for _, l := range with {
		if primary, _, _ := strings.Cut(strings.ToLower(l), "-"); customer != "" && primary == strings.ToLower(customer) {
			return l
		}
	}
	return ""
}

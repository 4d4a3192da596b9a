package desk

import "encoding/base32"

// crockford is base 32 without letters that look like digits.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Reference returns the short reference of a form submission, which people can quote
// on the phone: the random end of the raw item's ID, such as "7K3M-2Q9X".
func Reference(id RawID) string {
	s := crockford.EncodeToString(id[len(id)-5:])
	return s[:4] + "-" + s[4:]
}

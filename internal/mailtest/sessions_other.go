//go:build !linux

package mailtest

// FreezeSessions stops the whole server where a single session cannot be told
// from the others. thaw lets it go on.
func (d *Dovecot) FreezeSessions(string) (thaw func()) {
	d.Freeze()
	return d.Thaw
}

//go:build !linux

package mailtest

// FreezeSessions stops the whole server, since single sessions cannot be identified
// here. thaw resumes it.
func (d *Dovecot) FreezeSessions(string) (thaw func()) {
	d.Freeze()
	return d.Thaw
}

package mailsig

import (
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"switchboard/desk"
)

// Config lists the files with trusted keys. Private keys are rejected: nothing is
// decrypted here.
type Config struct {
	Authorities []string // PEM files with certificates
	System      bool     // also trust the authorities of the operating system
	Keys        []string // OpenPGP key files, and folders of them
}

// LoadAuthorities checks the S/MIME authorities. The error names the file and says
// what to do.
func (c Config) LoadAuthorities() error {
	_, err := loadAuthorities(c.Authorities, c.System)
	return err
}

// LoadKeys checks the OpenPGP keys.
func (c Config) LoadKeys() error { _, err := loadKeys(c.Keys); return err }

// Inventory summarizes the files for the operator.
type Inventory struct {
	Authorities, Keys int
	// Past lists, by name, the authorities and keys that have expired or been
	// revoked.
	PastAuthorities, PastKeys []string
}

// Inventory reads the files and reports their state at a time.
func (c Config) Inventory(at time.Time) (i Inventory, err error) {
	v, err := c.read()
	if err != nil {
		return i, err
	}
	if v.authorities != nil {
		for _, cert := range v.authorities.named {
			i.Authorities++
			if outside(cert, at) {
				i.PastAuthorities = append(i.PastAuthorities, cleanLine(cert.Subject.String())+" ("+cert.NotAfter.UTC().Format(time.DateOnly)+")")
			}
		}
	}
	i.Keys, i.PastKeys = v.keys.inventory(at)
	return i, nil
}

// Trust is a Verifier that reloads its files when one of them changes, so that a
// customer's new key needs no restart.
type Trust struct {
	config Config
	log    *slog.Logger

	mu       sync.Mutex
	current  *Verifier
	versions []fileVersion
}

type fileVersion struct {
	name     string
	modified time.Time
	size     int64
}

// Load reads all files once. The error names the file and says what to do.
func Load(c Config, log *slog.Logger) (*Trust, error) {
	t := &Trust{config: c, log: log, versions: c.versions()}
	var err error
	t.current, err = c.read()
	return t, err
}

func (c Config) read() (*Verifier, error) {
	a, err := loadAuthorities(c.Authorities, c.System)
	if err != nil {
		return nil, err
	}
	keys, err := loadKeys(c.Keys)
	return &Verifier{a, keys}, err
}

// versions records the state of the files; missing ones are left out.
func (c Config) versions() (v []fileVersion) {
	files, err := keyFiles(c.Keys)
	if err != nil {
		return nil
	}
	for _, name := range append(slices.Clone(c.Authorities), files...) {
		if info, err := os.Stat(name); err == nil {
			v = append(v, fileVersion{name, info.ModTime(), info.Size()})
		}
	}
	return v
}

// verifier checks the files for changes, which is cheap compared to verifying. Files
// that cannot be used, for example while they are being copied, leave the old ones in
// use until they change again.
func (t *Trust) verifier() *Verifier {
	t.mu.Lock()
	defer t.mu.Unlock()
	versions := t.config.versions()
	if slices.Equal(versions, t.versions) {
		return t.current
	}
	t.versions = versions
	v, err := t.config.read()
	if err != nil {
		t.log.Warn("SignatureKeysReloadFailed", "error", err)
		return t.current
	}
	t.log.Info("SignatureKeysReloaded", "files", len(versions))
	t.current = v
	return v
}

// Verify is Verifier.Verify with the current files.
func (t *Trust) Verify(s *desk.Signed, at time.Time) *desk.Signature {
	return t.verifier().Verify(s, at)
}

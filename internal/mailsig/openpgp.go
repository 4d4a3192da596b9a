package mailsig

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"switchboard/desk"
)

const (
	// Each signature packet costs a pass over the content.
	maxPackets   = 4
	maxKeys      = 4
	maxSignature = 256 << 10
	// skew is how far a signer's clock may be ahead.
	skew = 5 * time.Minute

	armourStart = "-----BEGIN PGP "
)

// keyring holds the packets of each key under the ids of the key and its subkeys.
// They are parsed again for each message, because the library caches results in a key
// that depend on the date of the message.
type keyring map[uint64][][]byte

// loadKeys reads files of OpenPGP keys, armoured or binary, and folders of such
// files.
func loadKeys(names []string) (keyring, error) {
	keys := keyring{}
	files, err := keyFiles(names)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := keys.add(b); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return keys, nil
}

// keyFiles returns the names with each folder replaced by its files, sorted. Hidden
// files are left out.
func keyFiles(names []string) (files []string, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Type()&(fs.ModeSocket|fs.ModeNamedPipe|fs.ModeDevice) == 0 {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
	}
	return files, nil
}

// add adds the keys of a file, which may contain several armoured blocks.
func (k keyring) add(b []byte) error {
	if !bytes.Contains(b, []byte(armourStart)) {
		return k.addPackets(b)
	}
	for b = b[bytes.Index(b, []byte(armourStart)):]; len(b) > 0; {
		next := bytes.Index(b[1:], []byte("\n"+armourStart))
		one := b
		if next >= 0 {
			one, b = b[:next+2], b[next+2:]
		} else {
			b = nil
		}
		block, err := armor.Decode(bytes.NewReader(one))
		if err != nil {
			return fmt.Errorf("its ASCII armour cannot be read: %w", err)
		}
		packets, err := io.ReadAll(block.Body)
		if err != nil {
			return fmt.Errorf("its ASCII armour cannot be read: %w", err)
		}
		if err := k.addPackets(packets); err != nil {
			return err
		}
	}
	return nil
}

const (
	tagSecretKey = 5
	tagPublicKey = 6
)

// addPackets splits a keyring into its keys (RFC 9580 §10.1): each starts with a
// public key packet.
func (k keyring) addPackets(b []byte) error {
	var keys []*bytes.Buffer
	reader := packet.NewOpaqueReader(bytes.NewReader(b))
	for {
		p, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF) && len(keys) > 0:
			for i, key := range keys {
				if err := k.addKey(key.Bytes()); err != nil {
					return fmt.Errorf("key %d cannot be used: %w", i+1, err)
				}
			}
			return nil
		case err != nil || p.Tag != tagPublicKey && p.Tag != tagSecretKey && len(keys) == 0:
			return errors.New("it contains no OpenPGP key; export one with gpg --armor --export ADDRESS")
		case p.Tag == tagSecretKey:
			return errors.New("it contains a private key, which must not be here; export the public key with gpg --armor --export ADDRESS")
		case p.Tag == tagPublicKey:
			keys = append(keys, &bytes.Buffer{})
		}
		if err := p.Serialize(keys[len(keys)-1]); err != nil {
			return err
		}
	}
}

func (k keyring) addKey(b []byte) error {
	e, err := readKey(b)
	if err != nil {
		return err
	}
	// Two keys may have the same id, if only because someone created one that does.
	k[e.PrimaryKey.KeyId] = append(k[e.PrimaryKey.KeyId], b)
	for _, sub := range e.Subkeys {
		k[sub.PublicKey.KeyId] = append(k[sub.PublicKey.KeyId], b)
	}
	return nil
}

func readKey(b []byte) (*openpgp.Entity, error) {
	return openpgp.ReadEntity(packet.NewReader(bytes.NewReader(b)))
}

// inventory counts the keys and lists those that are no longer valid.
func (k keyring) inventory(at time.Time) (n int, past []string) {
	for id, list := range k {
		for _, b := range list {
			e, err := readKey(b)
			if err != nil || e.PrimaryKey.KeyId != id {
				continue // it is stored under the ids of its subkeys as well
			}
			n++
			if _, err := e.VerifyPrimaryKey(at, nil); err != nil {
				past = append(past, fmt.Sprintf("%016X", id))
			}
		}
	}
	slices.Sort(past)
	return n, past
}

// keysOf parses the keys that signatures refer to.
func (k keyring) keysOf(list []*packet.Signature) (keys []*openpgp.Entity) {
	for _, sig := range list {
		for _, b := range k[*sig.IssuerKeyId] {
			if e, err := readKey(b); err == nil && len(keys) < maxKeys {
				keys = append(keys, e)
			}
		}
	}
	return keys
}

// verify sets the status of an OpenPGP signature: the best result of the keys that it
// names.
func (k keyring) verify(s *desk.Signed, at time.Time, out *desk.Signature) {
	packets, signatures, err := readSignature(s.Signature)
	if err != nil {
		setStatus(out, desk.SignatureUnreadable, "the signature cannot be read: "+cleanLine(err.Error()))
		return
	}
	out.Key, out.SignedAt = fmt.Sprintf("%016x", *signatures[0].IssuerKeyId), signedAt(signatures[0].CreationTime)
	setStatus(out, desk.SignatureUntrusted, "the key that made the signature is unknown, so the signature could not be verified")
	bare, best := *out, -1
	for _, key := range k.keysOf(signatures) {
		try := bare
		verifyKey(key, s, packets, at.Add(skew), &try)
		if try.Status == desk.SignatureInvalid && slices.ContainsFunc(signatures, weak) {
			setStatus(&try, desk.SignatureWeak, "the signature uses a digest that can be forged")
		}
		if n := rank(try.Status); n > best {
			best, *out = n, try
		}
	}
}

// verifyKey verifies the signature with one key and sets its status in out.
func verifyKey(key *openpgp.Entity, s *desk.Signed, packets []byte, at time.Time, out *desk.Signature) {
	config := &packet.Config{Time: func() time.Time { return at }}
	out.Key = hex.EncodeToString(key.PrimaryKey.Fingerprint)
	addresses := names(key, at, config, out)
	sig, err := verifyDetached(key, s.Content, packets, config)
	if err != nil {
		explain(err, out)
		return
	}
	out.SignedAt = signedAt(sig.CreationTime)
	switch err := checkValidity(key, *sig.IssuerKeyId, at, config); {
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		setStatus(out, desk.SignatureRevoked, "the signature is valid, but the key has been revoked by its owner")
	case err != nil:
		setStatus(out, desk.SignatureExpired, "the signature is valid, but the key had expired when the message was received")
	default:
		checkAuthor(s, addresses, out)
	}
}

// explain sets the status and the reason for a verification error.
func explain(err error, out *desk.Signature) {
	var wrong pgperrors.SignatureError
	var weakKey pgperrors.WeakAlgorithmError
	switch {
	case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrSignatureExpired), errors.Is(err, pgperrors.ErrSignatureOlderThanKey):
		setStatus(out, desk.SignatureExpired, "the key or the signature was not valid when the message was received: "+cleanLine(err.Error()))
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		setStatus(out, desk.SignatureRevoked, "the key has been revoked by its owner")
	case errors.As(err, &weakKey):
		setStatus(out, desk.SignatureWeak, "the signature uses a key that can be forged")
	case errors.As(err, &wrong) && !strings.Contains(err.Error(), "notation"):
		setStatus(out, desk.SignatureInvalid, "the signature is not valid: the message was changed after it was signed")
	default:
		setStatus(out, desk.SignatureUnreadable, "the signature cannot be verified: "+cleanLine(err.Error()))
	}
}

// readSignature returns the packets of a signature, as octets without armour and
// parsed.
func readSignature(b []byte) (packets []byte, list []*packet.Signature, err error) {
	if len(b) > maxSignature {
		return nil, nil, errors.New("it is too long")
	}
	packets = b
	if i := bytes.Index(b, []byte(armourStart+"SIGNATURE-----")); i >= 0 {
		block, err := armor.Decode(bytes.NewReader(b[i:]))
		if err != nil {
			return nil, nil, err
		}
		if packets, err = io.ReadAll(block.Body); err != nil {
			return nil, nil, err
		}
	}
	reader := packet.NewReader(bytes.NewReader(packets))
	for {
		p, err := reader.Next()
		if errors.Is(err, io.EOF) && len(list) > 0 {
			return packets, list, nil
		}
		sig, ok := p.(*packet.Signature)
		switch {
		case err != nil:
			return nil, nil, errors.New("it is damaged, or its version is not supported")
		case !ok || sig.IssuerKeyId == nil || len(list) == maxPackets:
			return nil, nil, errors.New("it contains too many signatures, or one that does not name its key")
		}
		list = append(list, sig)
	}
}

// verifyDetached verifies the content with CRLF line ends (RFC 3156 §5) and, if that
// fails, as received.
func verifyDetached(key *openpgp.Entity, content, packets []byte, config *packet.Config) (*packet.Signature, error) {
	try := func(content []byte) (*packet.Signature, error) {
		sig, _, err := openpgp.VerifyDetachedSignature(openpgp.EntityList{key}, bytes.NewReader(content), bytes.NewReader(packets), config)
		return sig, err
	}
	canonical := crlf(content)
	sig, err := try(canonical)
	if err != nil && !bytes.Equal(canonical, content) {
		if sig, second := try(content); second == nil {
			return sig, nil
		}
	}
	return sig, err
}

func weak(s *packet.Signature) bool {
	return s.Hash == crypto.MD5 || s.Hash == crypto.SHA1 || s.Hash == crypto.RIPEMD160
}

// checkValidity checks whether the key was valid when the message was received; the library
// checks the time that the signer claims.
func checkValidity(e *openpgp.Entity, id uint64, at time.Time, config *packet.Config) error {
	if _, err := e.VerifyPrimaryKey(at, config); err != nil {
		return err
	}
	for i := range e.Subkeys {
		if sub := &e.Subkeys[i]; sub.PublicKey.KeyId == id {
			self, err := sub.Verify(at, config)
			if err != nil {
				return err
			}
			if sub.Expired(self, at) {
				return pgperrors.ErrKeyExpired
			}
		}
	}
	return nil
}

// names returns the addresses that the key's owner has certified and not revoked, and
// sets Name and Email of out.
func names(e *openpgp.Entity, at time.Time, config *packet.Config, out *desk.Signature) (addresses []string) {
	ids := make([]string, 0, len(e.Identities))
	for id := range e.Identities {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		identity := e.Identities[id]
		if _, err := identity.Verify(at, config); err != nil || identity.UserId == nil {
			continue
		}
		if identity.UserId.Email != "" {
			addresses = append(addresses, identity.UserId.Email)
		}
		if out.Name == "" {
			out.Name, out.Email = cleanLine(identity.UserId.Name), cleanLine(identity.UserId.Email)
		}
	}
	return addresses
}

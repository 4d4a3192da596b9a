// Package uploads prepares the files that agents attach to replies. Pure.
package uploads

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"strings"

	"switchboard/desk"
	"switchboard/normalize/content"
	"switchboard/normalize/filename"
)

// MaxFile is how many octets a file may have. Most mail servers refuse a message of more
// than 25 to 50 MB, and base64 adds a third.
const MaxFile = 25 << 20

// New returns an uploaded file as a part of a mail. The name loses its path and what
// file systems do not allow; the type is the declared one, or that of the name.
func New(name, declared string, data []byte) desk.Part {
	media, _, err := mime.ParseMediaType(declared)
	name = filename.Safe(name)
	if err != nil || media == "application/octet-stream" || !strings.Contains(media, "/") {
		media = filename.MediaType(name)
	}
	if name == "" {
		name = filename.Default(media, 1)
	}
	sum := sha256.Sum256(data)
	return desk.Part{
		BlobID: hex.EncodeToString(sum[:]), Size: int64(len(data)), Name: name, Type: media, Disposition: "attachment",
		Picture: content.Picture(media, data), Data: data,
	}
}

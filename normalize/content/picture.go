package content

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif" // the formats that every browser shows
	_ "image/jpeg"
	_ "image/png"
	"strings"

	_ "golang.org/x/image/webp"

	"switchboard/desk"
)

// Picture returns the media type of an image that every browser shows, as its content
// says: senders confuse the types, and phones send HEIC under the name of JPEG. It is
// desk.PictureNone for another image, and empty for other files.
func Picture(declared string, data []byte) string {
	isImage := strings.HasPrefix(declared, "image/")
	if !isImage && declared != "application/octet-stream" {
		return ""
	}
	if c, format, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width > 0 && c.Height > 0 && complete(format, data) {
		return "image/" + format
	}
	if isImage {
		return desk.PictureNone
	}
	return ""
}

// complete reports whether the end of an image is there. Browsers draw one that was cut
// off in part or not at all.
func complete(format string, data []byte) bool {
	switch format {
	case "png":
		return bytes.Contains(data, []byte("IEND"))
	case "jpeg":
		return bytes.Contains(data, []byte{0xff, 0xd9})
	case "gif":
		return bytes.HasSuffix(bytes.TrimRight(data, "\x00\r\n"), []byte{';'})
	}
	return len(data) >= 12 && int64(binary.LittleEndian.Uint32(data[4:]))+8 <= int64(len(data))+1 // RIFF: the size of what follows
}

// Package filename makes the names of attachments safe, generates missing ones, and
// derives media types from them.
package filename

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// maxLength limits file names, in octets. Common file systems accept 255.
const maxLength = 200

// Safe returns a file name that can be written to any folder: the last element of a
// Unix or Windows path, without control characters and direction marks. It is empty
// if nothing is left.
func Safe(name string) string {
	name = imf.OneLine(strings.ToValidUTF8(name, "_"))
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(name, " \t\"")
	name = strings.TrimRight(name, ". ")
	if strings.Trim(name, ".") == "" {
		return ""
	}
	if len(name) > maxLength {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		name = strings.TrimRight(plaintext.Clip(name, maxLength-len(ext)), ". ") + ext
	}
	for !utf8.ValidString(name) {
		name = strings.ToValidUTF8(name, "_")
	}
	return name
}

// Default returns a file name for a part that has none, from its media type and
// number.
func Default(media string, number int) string {
	switch media {
	case "text/calendar", "application/ics":
		return "invite.ics"
	case "message/delivery-status", "message/global-delivery-status":
		return "delivery-status.txt"
	case "message/disposition-notification":
		return "read-receipt.txt"
	case "message/feedback-report":
		return "feedback-report.txt"
	case "text/rfc822-headers", "message/global-headers":
		return "headers.txt"
	case "application/pgp-signature":
		return "signature.asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "smime.p7s"
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return "smime.p7m"
	case "application/ms-tnef":
		return "winmail.dat"
	}
	stem := "attachment"
	switch kind, _, _ := strings.Cut(media, "/"); kind {
	case "image", "audio", "video":
		stem = kind
	case "message":
		stem = "message"
	}
	return fmt.Sprintf("%s-%d%s", stem, number, extension(media))
}

// extensions are listed here because the system's table differs between machines, and
// a message must give the same names everywhere.
var extensions = map[string]string{
	"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/xml": ".xml", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/directory": ".vcf",
	"text/calendar": ".ics", "text/rtf": ".rtf", "application/rtf": ".rtf", "text/css": ".css", "text/x-patch": ".patch", "text/x-diff": ".diff", "text/markdown": ".md",
	"message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt", "message/partial": ".eml", "message/external-body": ".txt",
	"image/jpeg": ".jpg", "image/jpg": ".jpg", "image/pjpeg": ".jpg", "image/png": ".png", "image/x-png": ".png", "image/gif": ".gif", "image/bmp": ".bmp", "image/tiff": ".tiff",
	"image/webp": ".webp", "image/heic": ".heic", "image/svg+xml": ".svg", "image/x-icon": ".ico",
	"audio/mpeg": ".mp3", "audio/mp3": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "audio/mp4": ".m4a", "audio/amr": ".amr",
	"video/mp4": ".mp4", "video/quicktime": ".mov", "video/mpeg": ".mpg", "video/x-msvideo": ".avi", "video/3gpp": ".3gp", "video/webm": ".webm",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/x-zip-compressed": ".zip", "application/gzip": ".gz", "application/x-gzip": ".gz",
	"application/x-tar": ".tar", "application/x-7z-compressed": ".7z", "application/x-rar-compressed": ".rar", "application/json": ".json", "application/xml": ".xml",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/postscript": ".ps",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.oasis.opendocument.text":                                   ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
	"application/pgp-keys": ".asc", "application/pgp-encrypted": ".asc", "application/ms-tnef": ".dat", "application/javascript": ".js", "application/vnd.ms-outlook": ".msg",
}

func extension(media string) string {
	if ext, ok := extensions[media]; ok {
		return ext
	}
	return ".bin"
}

var typesByExt = func() map[string]string {
	types := make(map[string]string, len(extensions))
	for media, ext := range extensions {
		// Several types share an extension; the shortest name is the general one.
		if old, ok := types[ext]; !ok || len(media) < len(old) || len(media) == len(old) && media < old {
			types[ext] = media
		}
	}
	types[".jpg"], types[".jpeg"], types[".png"], types[".txt"], types[".eml"] = "image/jpeg", "image/jpeg", "image/png", "text/plain", "message/rfc822"
	types[".htm"], types[".tif"], types[".zip"], types[".wav"], types[".vcf"], types[".mp3"], types[".xml"] = "text/html", "image/tiff", "application/zip", "audio/wav", "text/vcard", "audio/mpeg", "application/xml"
	types[".dat"], types[".bin"], types[".log"], types[".rtf"], types[".asc"], types[".gz"] = "application/octet-stream", "application/octet-stream", "text/plain", "application/rtf", "application/pgp-keys", "application/gzip"
	return types
}()

// MediaType returns the media type that the extension of a file name suggests, or
// application/octet-stream.
func MediaType(name string) string {
	if t, ok := typesByExt[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

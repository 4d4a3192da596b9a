package webform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

const (
	// maxBody limits urlencoded and JSON bodies, and multipart bodies without their files.
	maxBody = 1 << 20
	// maxDrain limits what is read and discarded of a refused body.
	maxDrain = 64 << 20
	// readIdle is how long an upload may stall, readAll how long it may take in total.
	readIdle = 30 * time.Second
	readAll  = 10 * time.Minute
)

// fault is the reason why a request is refused.
type fault struct {
	status int
	detail string // human-readable, a complete sentence
	errs   []fieldError
	retry  time.Duration // Retry-After; 0 if there is none
}

func (f *fault) Error() string { return f.detail }

// decode reads a body in any of the three formats.
func (s *Server) decode(w http.ResponseWriter, r *http.Request) (sub submission, err error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	limit := int64(maxBody)
	if mediaType == "multipart/form-data" {
		limit += s.cfg.MaxTotal
	}
	body := paced(w, r.Body)
	defer func() {
		if err != nil { // a client that is still sending may not read the response (RFC 9112 section 9.6)
			io.CopyN(io.Discard, body, maxDrain) //nolint:errcheck // best effort
		}
	}()
	r.Body = http.MaxBytesReader(w, body, limit)
	switch mediaType {
	case "application/x-www-form-urlencoded":
		err = sub.readURLEncoded(r.Body)
	case "multipart/form-data":
		err = s.readMultipart(&sub, r)
	case "application/json":
		err = sub.readJSON(r.Body)
	default:
		err = &fault{status: http.StatusUnsupportedMediaType, detail: "The content type must be application/x-www-form-urlencoded, multipart/form-data or application/json."}
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		sub.key = key
	}
	return sub, bodyFault(err, limit)
}

// bodyFault returns the fault for an error of reading the body.
func bodyFault(err error, limit int64) error {
	var known *fault
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &tooLarge):
		return &fault{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("The form is larger than %d MiB.", limit>>20)}
	}
	return &fault{status: http.StatusBadRequest, detail: "The form could not be read: " + err.Error() + "."}
}

// readURLEncoded reads an application/x-www-form-urlencoded body.
func (s *submission) readURLEncoded(body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	// Not ParseQuery, which loses the order of the fields.
	for pair := range strings.SplitSeq(string(b), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err = url.QueryUnescape(name); err != nil {
			return err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return err
		}
		s.set(name, value)
	}
	return nil
}

// readJSON reads a flat JSON object.
func (s *submission) readJSON(body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return &fault{status: http.StatusBadRequest, detail: "The body is not a JSON object: " + err.Error() + "."}
	}
	var errs []fieldError
	for _, name := range sortedKeys(fields) {
		if fields[name] == nil {
			continue
		}
		value, ok := scalar(fields[name])
		if !ok {
			errs = append(errs, fieldError{Location: "body." + name, Message: "must be a string, a number, true, false, or a list of these", field: name})
			continue
		}
		s.set(name, value)
	}
	if errs != nil {
		return &fault{status: http.StatusUnprocessableEntity, detail: "Some fields are not valid.", errs: errs}
	}
	return nil
}

// scalar returns a JSON value as the text that a form would have sent.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			if _, nested := v[i].([]any); nested {
				return "", false
			}
			var ok bool
			if texts[i], ok = scalar(v[i]); !ok {
				return "", false
			}
		}
		return strings.Join(texts, ", "), true
	}
	return "", false
}

// readMultipart reads a multipart body part by part (RFC 7578) and stops at the first
// limit that is exceeded.
func (s *Server) readMultipart(sub *submission, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	values, files := int64(0), int64(0)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name, isFile := fileName(part)
		if !isFile {
			b, err := io.ReadAll(io.LimitReader(part, maxBody-values+1))
			if values += int64(len(b)); err == nil && values > maxBody {
				err = &fault{status: http.StatusRequestEntityTooLarge, detail: "The text of the form is larger than 1 MiB."}
			}
			if err != nil {
				return err
			}
			sub.set(part.FormName(), string(b))
			continue
		}
		n, err := s.readFile(sub, part, name, s.cfg.MaxTotal-files)
		if err != nil {
			return err
		}
		files += n
	}
}

// readFile reads one uploaded file. A file field without a file sends an empty part,
// which is ignored.
func (s *Server) readFile(sub *submission, part *multipart.Part, name string, left int64) (int64, error) {
	tooLarge := func(format string, args ...any) (int64, error) {
		return 0, &fault{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf(format, args...)}
	}
	b, err := io.ReadAll(io.LimitReader(part, min(s.cfg.MaxFile, left)+1))
	switch n := int64(len(b)); {
	case err != nil:
		return 0, err
	case n == 0 && name == "":
		return 0, nil
	case n > s.cfg.MaxFile:
		return tooLarge("The file %s is larger than %d MiB.", name, s.cfg.MaxFile>>20)
	case n > left:
		return tooLarge("The files are larger than %d MiB in total.", s.cfg.MaxTotal>>20)
	case len(sub.Files) == s.cfg.MaxFiles:
		return tooLarge("There are more than %d files.", s.cfg.MaxFiles)
	}
	sub.Files = append(sub.Files, desk.FormFile{Name: name, Type: imf.OneLine(toText(part.Header.Get("Content-Type"))), Data: b})
	return int64(len(b)), nil
}

// fileName returns the name of a part's file, without its path. It returns false if the
// part is not a file, which is the case if it has no filename parameter.
func fileName(part *multipart.Part) (string, bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return "", false
	}
	name, isFile := params["filename"]
	if !isFile {
		return "", false
	}
	name = imf.OneLine(toText(name))
	return name[strings.LastIndexAny(name, `/\`)+1:], true
}

// pacedBody extends the connection's read deadline as long as data arrives.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
}

func paced(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	return &pacedBody{ReadCloser: body, control: http.NewResponseController(w), end: time.Now().Add(readAll)}
}

// Read implements io.Reader.
func (p *pacedBody) Read(b []byte) (int, error) {
	until := time.Now().Add(readIdle)
	if until.After(p.end) {
		until = p.end
	}
	// An error means that the writer has no deadlines, such as a test recorder.
	if err := p.control.SetReadDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ReadCloser.Read(b)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

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
	// maxBody bounds urlencoded and JSON bodies, and a multipart body beside its files.
	maxBody = 1 << 20
	// maxDrain bounds what is read of a refused body and thrown away.
	maxDrain = 64 << 20
	// readIdle is how long an upload may stand still, readAll how long it may take.
	readIdle = 30 * time.Second
	readAll  = 10 * time.Minute
)

// fault is a request that cannot be taken as it is.
type fault struct {
	status int
	detail string // for a person, a whole sentence
	errs   []fieldError
	retry  time.Duration // Retry-After; 0: none
}

func (f *fault) Error() string { return f.detail }

// decode reads a body of any of the three kinds.
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
		if err != nil { // who is still sending would not read our answer (RFC 9112 section 9.6)
			io.CopyN(io.Discard, body, maxDrain) //nolint:errcheck // as much as comes
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
		err = &fault{status: http.StatusUnsupportedMediaType, detail: "A form is sent as application/x-www-form-urlencoded, multipart/form-data or application/json."}
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		sub.key = key
	}
	return sub, bodyFault(err, limit)
}

// bodyFault turns a reader's error into an answer.
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

func (s *submission) readURLEncoded(body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	// Not ParseQuery: it sorts repeated fields apart and knows nothing of their order.
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
			errs = append(errs, fieldError{Location: "body." + name, Message: "is a string, a number, true, false, or a list of these", field: name})
			continue
		}
		s.set(name, value)
	}
	if errs != nil {
		return &fault{status: http.StatusUnprocessableEntity, detail: "Some fields cannot be taken.", errs: errs}
	}
	return nil
}

// scalar is a JSON value as a form would have sent it.
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

// readMultipart reads part by part (RFC 7578) and stops at the first limit.
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
				err = &fault{status: http.StatusRequestEntityTooLarge, detail: "The form's text is larger than 1 MiB."}
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

// readFile takes one uploaded file; a field left without one sends an empty part.
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
		return tooLarge("The files are larger than %d MiB together.", s.cfg.MaxTotal>>20)
	case len(sub.Files) == s.cfg.MaxFiles:
		return tooLarge("There are more than %d files.", s.cfg.MaxFiles)
	}
	sub.Files = append(sub.Files, desk.FormFile{Name: name, Type: imf.OneLine(toText(part.Header.Get("Content-Type"))), Data: b})
	return int64(len(b)), nil
}

// fileName tells whether a part is a file (it has a filename, be it empty) and
// what it is called, without path.
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

// pacedBody renews the connection's read deadline as long as data flows.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
}

func paced(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	return &pacedBody{ReadCloser: body, control: http.NewResponseController(w), end: time.Now().Add(readAll)}
}

func (p *pacedBody) Read(b []byte) (int, error) {
	until := time.Now().Add(readIdle)
	if until.After(p.end) {
		until = p.end
	}
	// Writers without deadlines (a recorder, HTTP/2 behind a wrapper) have their own.
	if err := p.control.SetReadDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ReadCloser.Read(b)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package webform_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/channels/webform"
	"switchboard/desk"
)

// submitter is a script on another page, as a channeltest.Customer.
type submitter struct{ url string }

func (c submitter) Send(ctx context.Context, nonce string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/f/plain", strings.NewReader(`{"email":"jo@acme.example","message":"`+nonce+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", nonce)
	for {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		switch {
		case resp.StatusCode == http.StatusCreated:
			return nil
		case resp.StatusCode != http.StatusServiceUnavailable:
			return desk.Errorf(desk.KindInvalid, "%s %s", resp.Status, body)
		}
		select { // a test retries sooner than the response suggests
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
		if req.Body, err = req.GetBody(); err != nil {
			return err
		}
	}
}

func (c submitter) Repeat(ctx context.Context, nonce string) error { return c.Send(ctx, nonce) }

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{New: func(t *testing.T, _ *channeltest.Sink) (channels.Channel, channeltest.Customer) {
		server := webform.New(webform.Config{Forms: map[string]webform.Form{"plain": {Key: "plain"}}}, slog.New(slog.DiscardHandler))
		h := httptest.NewServer(server)
		t.Cleanup(h.Close)
		return server, submitter{h.URL}
	}})
}

func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "email=jo%40acme.example&message=x&_key=1")
	f.Add("application/json", `{"email":"jo@acme.example","message":"x","n":[1,true]}`)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njo@acme.example\r\n--b--")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../x\"\r\n\r\n\xff\r\n--b--")
	server := webform.New(webform.Config{Forms: map[string]webform.Form{"plain": {Key: "plain"}}}, slog.New(slog.DiscardHandler))
	sink := channeltest.NewSink()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, sink) }()
	f.Cleanup(func() { cancel(); <-done })
	f.Fuzz(func(t *testing.T, contentType, body string) {
		for _, accept := range []string{"application/json", "text/html"} {
			req := httptest.NewRequest(http.MethodPost, "/f/plain", strings.NewReader(body))
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("Accept", accept)
			req.RemoteAddr = "127.0.0.1:1"
			before := len(sink.Raws())
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)
			switch w.Code {
			case 201, 303, 400, 413, 415, 422, 503:
			default:
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			raws := sink.Raws()
			if w.Code >= 400 && len(raws) > before {
				t.Fatalf("%d, and journaled", w.Code)
			}
			if w.Code == 503 || len(raws) == before {
				continue
			}
			var got desk.FormSubmission
			if err := json.Unmarshal(raws[before].Bytes, &got); err != nil || got.Message == "" || strings.ContainsAny(got.Email+got.Name+got.Subject, "\r\n\x00") {
				t.Fatalf("%v: journaled %s", err, raws[before].Bytes)
			}
		}
	})
}

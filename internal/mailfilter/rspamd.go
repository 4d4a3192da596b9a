package mailfilter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The rspamd actions that a caller has to act on; all others accept the message.
const (
	ActionReject     = "reject"
	ActionSoftReject = "soft reject" // temporary refusal
	ActionGreylist   = "greylist"    // temporary refusal
	ActionDiscard    = "discard"     // accept and discard silently
	ActionQuarantine = "quarantine"
)

// Rspamd is a client of an rspamd worker (https://docs.rspamd.com/developers/protocol/).
type Rspamd struct {
	url, password string
	client        *http.Client
}

// NewRspamd returns a client of the worker at url; password may be empty.
func NewRspamd(url, password string) *Rspamd {
	return &Rspamd{url: strings.TrimSuffix(url, "/") + "/checkv2", password: password, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, MaxConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Spam is rspamd's result for a message.
type Spam struct {
	Action   string  `json:"action"` // "no action", "add header", "reject", ...
	Score    float64 `json:"score"`
	Required float64 `json:"required_score"` // the score from which a message is rejected
	// Messages may contain a text for the SMTP reply under "smtp_message".
	Messages map[string]any `json:"messages"`
}

// Text is the text for the SMTP reply; may be empty.
func (s Spam) Text() string {
	text, _ := s.Messages["smtp_message"].(string)
	return text
}

// Check scans a message.
func (r *Rspamd) Check(ctx context.Context, m Mail) (Spam, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(m.Content))
	if err != nil {
		return Spam{}, fmt.Errorf("rspamd: %w", err)
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Add(name, headerValue(value))
		}
	}
	set("Helo", m.Helo)
	set("From", m.From)
	set("Password", r.password)
	if m.ClientIP.IsValid() {
		set("IP", m.ClientIP.String())
	}
	for _, to := range m.To {
		set("Rcpt", to)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return Spam{}, fmt.Errorf("rspamd: %w", err)
	}
	defer resp.Body.Close()
	const limit = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return Spam{}, fmt.Errorf("rspamd: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return Spam{}, fmt.Errorf("rspamd answered %s: %.200s", resp.Status, body)
	}
	var spam Spam
	if err := json.Unmarshal(body, &spam); err != nil || spam.Action == "" {
		return Spam{}, fmt.Errorf("rspamd's answer is invalid: %.200s", body)
	}
	return spam, nil
}

// headerValue replaces control characters, so that a value supplied by the client
// cannot add header lines.
func headerValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// Ping checks that the worker is running.
func (r *Rspamd) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.url, "/checkv2")+"/ping", nil)
	if err != nil {
		return fmt.Errorf("rspamd: %w", err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("rspamd: %w", err)
	}
	defer resp.Body.Close()
	const limit = 100
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if text := strings.TrimSpace(string(body)); err == nil && (resp.StatusCode != http.StatusOK || text != "pong") {
		return fmt.Errorf("%w: status %d, %.40q", ErrWrongServer, resp.StatusCode, text)
	}
	return err
}

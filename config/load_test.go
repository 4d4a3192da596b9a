package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "switchboard.toml")
	write(t, file, `
addr = "127.0.0.1:9000"
[mail]
addresses = ["support@example.com"]
[[mailbox]]
name = "support"
addr = "imap.example.com"
user = "support"
folders = ["INBOX", "Billing"]
poll = "2m"
`)
	password := filepath.Join(dir, "password")
	write(t, password, "secret\n")
	cfg, err := Load(file, []string{"SWITCHBOARD_SMARTHOST__ADDR=mx.example.com:587", "SWITCHBOARD_SMARTHOST__PASSWORD_FILE=" + password, "HOME=/"},
		map[string]any{"addr": "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "127.0.0.1:0" || cfg.Smarthost.Addr != "mx.example.com:587" || cfg.Smarthost.Password != "secret" || cfg.Smarthost.TLS != "starttls" {
		t.Errorf("flags, environment and defaults: %+v", cfg)
	}
	if len(cfg.Mailboxes) != 1 || cfg.Mailboxes[0].Poll != 2*time.Minute || len(cfg.Mailboxes[0].Folders) != 2 {
		t.Errorf("mailboxes: %+v", cfg.Mailboxes)
	}
}

// TestLoadReportsEverything: all problems of a configuration are reported at once.
func TestLoadReportsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.toml")
	write(t, file, `
adr = "127.0.0.1:9000"
log_level = "loud"
[mail]
addresses = ["not an address"]
[smarthost]
addr = "mx"
[[mailbox]]
name = "a"
user = "u"
colour = "blue"
`)
	_, err := Load(file, []string{"SWITCHBOARD_DB__MAX_CONNS=many"}, nil)
	var invalid *Error
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an Error", err)
	}
	for _, key := range []string{"adr", "log_level", "mail.addresses[0]", "smarthost.addr", "mailbox[0].addr", "colour", "max_conns"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not reported:\n%v", key, err)
		}
	}
}

func TestLoadMailboxWithTokens(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	write(t, secret, "s3cret\n")
	file := filepath.Join(dir, "switchboard.toml")
	write(t, file, `
[mail]
addresses = ["support@example.com"]
[[mailbox]]
name = "google"
user = "support@example.com"
auth = "oauth2"
provider = "google"
client_id = "id"
client_secret_file = "`+secret+`"
refresh_token = "1//r"
[[mailbox]]
name = "microsoft"
user = "support@example.com"
auth = "oauth2"
provider = "microsoft"
client_id = "id"
refresh_token = "0.r"
[[mailbox]]
name = "tenant"
user = "support@example.com"
auth = "oauth2"
provider = "microsoft"
tenant = "example.com"
grant = "client_credentials"
client_id = "id"
client_secret = "s"
`)
	cfg, err := Load(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ addr, tokenURL, secret, scopes string }{
		{"imap.gmail.com:993", "https://oauth2.googleapis.com/token", "s3cret", ""},
		{"outlook.office365.com:993", "https://login.microsoftonline.com/common/oauth2/v2.0/token", "", "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"},
		{"outlook.office365.com:993", "https://login.microsoftonline.com/example.com/oauth2/v2.0/token", "s", "https://outlook.office365.com/.default"},
	} {
		m := cfg.Mailboxes[i]
		if m.Addr != want.addr || m.TokenURL != want.tokenURL || m.ClientSecret != want.secret || strings.Join(m.Scopes, " ") != want.scopes {
			t.Errorf("%s: %+v", m.Name, m)
		}
	}
}

// TestLoadSmarthostTokens: the smarthost takes the same OAuth settings as mailboxes.
func TestLoadSmarthostTokens(t *testing.T) {
	for _, c := range []struct{ keys, addr, tokenURL, scopes, problem string }{
		{"provider = \"microsoft\"\nrefresh_token = \"0.r\"", "smtp.office365.com:587", "https://login.microsoftonline.com/common/oauth2/v2.0/token", "https://outlook.office.com/SMTP.Send offline_access", ""},
		{"provider = \"microsoft\"\ntenant = \"example.com\"\ngrant = \"client_credentials\"", "smtp.office365.com:587", "https://login.microsoftonline.com/example.com/oauth2/v2.0/token", "https://outlook.office365.com/.default", ""},
		{"provider = \"google\"\nrefresh_token = \"0.r\"", "smtp.gmail.com:587", "https://oauth2.googleapis.com/token", "", ""},
		{"addr = \"smtp.example.com:465\"\ntoken_url = \"https://login.example.com/token\"", "smtp.example.com:465", "", "", "smarthost.refresh_token: set the refresh token"},
		{"provider = \"yahoo\"", "", "", "", "smarthost.provider"},
	} {
		file := filepath.Join(t.TempDir(), "smarthost.toml")
		write(t, file, "[mail]\naddresses = [\"support@example.com\"]\n[smarthost]\nuser = \"support@example.com\"\nauth = \"oauth2\"\nclient_id = \"id\"\n"+c.keys)
		cfg, err := Load(file, []string{"SWITCHBOARD_SMARTHOST__CLIENT_SECRET=s3cret"}, nil)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v", c.keys, err)
			}
			continue
		}
		if h := cfg.Smarthost; err != nil || h.Addr != c.addr || h.TokenURL != c.tokenURL || strings.Join(h.Scopes, " ") != c.scopes || h.ClientSecret != "s3cret" || h.TLS != "starttls" {
			t.Errorf("%s: %+v, %v", c.keys, h, err)
		}
	}
}

func TestLoadOAuthProblems(t *testing.T) {
	for _, test := range []struct{ keys, problem string }{
		{`auth = "kerberos"`, "auth: must be password or oauth2, not \"kerberos\""},
		{`auth = "oauth2"`, "token_url: set the URL of the token endpoint"},
		{`auth = "oauth2"`, "client_id: set"},
		{`auth = "oauth2"`, "refresh_token: set"},
		{"auth = \"oauth2\"\ntoken_url = \"http://login.example.com/token\"", "must begin with https://"},
		{"auth = \"oauth2\"\nprovider = \"microsoft\"\ngrant = \"client_credentials\"", "tenant: set the tenant"},
		{"auth = \"oauth2\"\nprovider = \"microsoft\"\ngrant = \"client_credentials\"", "client_secret: the client_credentials grant requires"},
		{"auth = \"oauth2\"\nprovider = \"google\"\ngrant = \"client_credentials\"", "Google does not support client_credentials"},
		{"auth = \"oauth2\"\ngrant = \"password\"", "grant: must be refresh_token or client_credentials, not \"password\""},
		{"provider = \"yahoo\"", "provider: must be google or microsoft, not \"yahoo\""},
		{"client_id = \"id\"", "auth: client_id"},
		{"password = \"a\"\npassword_file = \"b\"", "password: is set together with password_file"},
		{"refresh_token_file = \"/nowhere/token\"", "refresh_token_file: open /nowhere/token"},
	} {
		file := filepath.Join(t.TempDir(), "bad.toml")
		write(t, file, "[mail]\naddresses = [\"support@example.com\"]\n[[mailbox]]\nname = \"a\"\nuser = \"u\"\naddr = \"h\"\n"+test.keys)
		if _, err := Load(file, nil, nil); err == nil || !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: %v, want %q", test.keys, err, test.problem)
		}
	}
}

// TestLoadSMTP: lists can come from the environment, and every problem of the
// section is reported once, under its key.
func TestLoadSMTP(t *testing.T) {
	t.Parallel()
	good := []string{"SWITCHBOARD_MAIL__ADDRESSES=support@example.com,billing@example.com", "SWITCHBOARD_MAIL__CATCH_ALL=shop.example,example.org",
		"SWITCHBOARD_SMTP__ADDR=:25", "SWITCHBOARD_SMTP__PROXY_FROM=10.0.0.0/8,2001:db8::1", "SWITCHBOARD_SMTP__TRUSTED_RELAYS=lmtp,192.0.2.1",
		"SWITCHBOARD_SMTP__MAX_SIZE=1000000", "SWITCHBOARD_SMTP__RELAY_NAMES=mx.example.com"}
	cfg, err := Load("", good, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Mail.Addresses) != 2 || len(cfg.Mail.CatchAll) != 2 || len(cfg.SMTP.ProxyFrom) != 2 || len(cfg.SMTP.TrustedRelays) != 2 ||
		cfg.SMTP.MaxSize != 1_000_000 || len(cfg.SMTP.RelayNames) != 1 {
		t.Errorf("%+v", cfg)
	}
	file := filepath.Join(t.TempDir(), "bad.toml")
	write(t, file, `
[mail]
addresses = ["support@example.com"]
catch_all = ["user@shop.example", "*.example.org"]
[smtp]
addr = "25"
tls_addr = "0.0.0.0:465"
tls_key = "key.pem"
lmtp = "lmtp.sock"
proxy_from = ["10.0.0.0/33"]
trusted_relays = ["lmtp", "relay.example.com"]
dns = "192.0.2.53"
max_size = -1
[smtp.rspamd]
url = "127.0.0.1:11333"
on_failure = "drop"
[smtp.clamd]
addr = "clamd.ctl"
on_virus = "delete"
`)
	_, err = Load(file, nil, nil)
	var invalid *Error
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an Error", err)
	}
	reported := map[string]int{}
	for _, p := range invalid.Problems {
		reported[p.Key]++
	}
	for key, n := range map[string]int{"mail.catch_all": 2, "smtp.addr": 1, "smtp.tls_addr": 1, "smtp.tls_cert": 1, "smtp.lmtp": 1,
		"smtp.proxy_from": 1, "smtp.trusted_relays": 1, "smtp.dns": 1, "smtp.max_size": 1,
		"smtp.rspamd.url": 1, "smtp.rspamd.on_failure": 1, "smtp.clamd.addr": 1, "smtp.clamd.on_virus": 1} {
		if reported[key] != n {
			t.Errorf("%s is reported %d times, want %d:\n%v", key, reported[key], n, err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLoadSyntaxError: invalid TOML is reported with its line and column.
func TestLoadSyntaxError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.toml")
	if err := os.WriteFile(file, []byte("data = \"x\"\naddr = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "bad.toml: line 2, column 8") {
		t.Errorf("Load: %v", err)
	}
}

// TestLoadUnknownKeys: a misspelled key is reported with the key that was probably
// meant, or with the keys of its section; a value of the wrong type with what the key takes.
func TestLoadUnknownKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"adress = \"127.0.0.1:0\"":                    "adress: unknown key; the top-level keys are addr, data",
		"metric_addr = \"127.0.0.1:0\"":               "metric_addr: unknown key; did you mean metrics_addr?",
		"[smtp]\nadr = \":25\"":                       "smtp.adr: unknown key; did you mean smtp.addr?",
		"[smtp.clamd]\nport = 1":                      "smtp.clamd.port: unknown key; the keys of [smtp.clamd] are addr, on_virus, on_failure",
		"[imap]\nhost = \"h\"":                        "imap.host: unknown section; the sections are [db], [mail], [smtp]",
		"[smtpd]\naddr = \":25\"":                     "smtpd.addr: unknown key; did you mean smtp.addr?",
		"[[mailbox]]\nname = \"a\"\nusr = \"u\"":      "mailbox[0].usr: unknown key; did you mean mailbox[0].user?",
		"alarm_after = \"5 minutes\"":                 `alarm_after: "5 minutes" is not a valid duration: write 30s, 5m or 1h30m`,
		"[db]\nmax_conns = \"many\"":                  `db.max_conns: "many" is not a whole number`,
		"[signatures]\nsmime_system = \"maybe\"":      `signatures.smime_system: "maybe" is not true or false`,
		"[[mailbox]]\nname = \"a\"\npoll = \"often\"": "mailbox[0].poll: the value is not a valid duration: write 30s, 5m or 1h30m",
		"[[widget]]\nkey = \"a\"\norigins = [\"https://a.example:8443\", \"*\", \"www.example.com\"]": `widget[0].origins: "www.example.com" is not a valid origin: write https://www.example.com`,
		"[[form]]\nkey = \"a\"\norigins = [\"https://a.example/\"]":                                   `form[0].origins: "https://a.example/" is not a valid origin`,
		"[help]\naccent = \"#ffcc00\"":                                                                `help.accent: text in #ffcc00 on #ffffff cannot be read well: the contrast is 1.5 to 1`,
		"[service]\nsegments = [\"a\", \"a\"]":                                                        `service.segments[1]: "a" is not the name of another segment of the policy, or * for all of them`,
		"[help]\nform = \"nosuch\"":                                                                   `help.form: there is no form "nosuch"`,
		"[[form]]\nkey = \"contact us/\"":                                                             `form[0].key: "contact us/" is part of URLs`,
		"[smarthost]\npassword = [\"hidden\", \"too\"]":                                               "smarthost.password: the value is not a string",
		"[smarthost]\nclient_secret = [\"hidden\", \"too\"]":                                          "smarthost.client_secret: the value is not a string",
	} {
		file := filepath.Join(t.TempDir(), "misspelled.toml")
		write(t, file, text)
		_, err := Load(file, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v\nwant %s", text, err, want)
		}
	}
}

// Package config is the configuration of the gateway: its keys, their defaults,
// loading from a TOML file and the environment, and validation.
package config

import (
	"cmp"
	"strings"
	"time"

	"switchboard/internal/imf"
	"switchboard/internal/mailsig"
)

// Config holds every setting. The koanf tags are the keys of the TOML file; in the
// environment db.url is SWITCHBOARD_DB__URL.
type Config struct {
	Addr string `koanf:"addr"` // host:port of the HTTP server; port 0 picks a free port
	Data string `koanf:"data"` // folder of the private database cluster, used when db.url is empty
	// PublicURL is the URL at which customers and agents reach this server, without
	// a trailing slash. If empty: http:// and the address of the listener.
	PublicURL string `koanf:"public_url"`
	// TrustedProxies are the networks of HTTP proxies whose X-Forwarded-For and
	// X-Forwarded-Proto headers are honoured. Default: loopback.
	TrustedProxies []string `koanf:"trusted_proxies"`
	LogLevel       string   `koanf:"log_level"` // debug, info, warn, error
	// Policy is the path of the routing policy. If empty, the version published in
	// the database stays in force, which initially is the default policy.
	Policy string `koanf:"policy"`
	// SecretKey encrypts the secrets in the database. It may have several lines: the
	// first key encrypts, the others only decrypt. Without it, a private database uses
	// a key in the data folder, and the secrets in any other one are not encrypted.
	SecretKey     string `koanf:"secret_key"`
	SecretKeyFile string `koanf:"secret_key_file"` // file that contains SecretKey
	// MinFreeSpace is the free space in octets, on the disk of the private database,
	// below which nothing is received; 0 means DefaultMinFreeSpace.
	MinFreeSpace int64 `koanf:"min_free_space"`
	// MetricsAddr is the host:port of /metrics, separate from the public listener;
	// empty turns metrics off.
	MetricsAddr string `koanf:"metrics_addr"`
	// AlarmAfter is how long a channel may fail or be silent before an alarm is raised.
	AlarmAfter time.Duration `koanf:"alarm_after"`
	// OfflineAfter is how long after their last event socket was open an agent counts as
	// offline and is assigned nothing automatically.
	OfflineAfter time.Duration `koanf:"offline_after"`
	// NoticeMail is how long a notice of an escalation rule waits to be acknowledged before
	// it is sent to the agent by mail; 0: never.
	NoticeMail time.Duration `koanf:"notice_mail"`
	// TargetReview reminds admins and leads on the first working day of each quarter to review
	// the targets of the policy.
	TargetReview bool `koanf:"target_review"`

	DB         DB                `koanf:"db"`
	Mail       Mail              `koanf:"mail"`
	SMTP       SMTP              `koanf:"smtp"`
	AgentMail  AgentMail         `koanf:"agent_mail"`
	Smarthost  Smarthost         `koanf:"smarthost"`
	Smarthosts []SenderSmarthost `koanf:"smarthosts"`
	Delivery   Delivery          `koanf:"delivery"`
	DKIM       []DKIM            `koanf:"dkim"`
	Mailboxes  []Mailbox         `koanf:"mailbox"`
	Widgets    []Widget          `koanf:"widget"`
	Forms      []Form            `koanf:"form"`
	Help       Help              `koanf:"help"`
	Service    Service           `koanf:"service"`
	Advisories Advisories        `koanf:"advisories"`
	API        API               `koanf:"api"`
	Images     Images            `koanf:"images"`
	Webhooks   Webhooks          `koanf:"webhooks"`
	Signatures Signatures        `koanf:"signatures"`
}

// DefaultMinFreeSpace is the default of Config.MinFreeSpace in octets.
const DefaultMinFreeSpace = 512 << 20

// SpaceFloor is the free space in octets below which nothing is received.
func (c *Config) SpaceFloor() int64 { return cmp.Or(c.MinFreeSpace, DefaultMinFreeSpace) }

// DB is the database. Without a URL, a private cluster runs in Config.Data.
type DB struct {
	URL      string `koanf:"url"` // lib/pq DSN
	MaxConns int    `koanf:"max_conns"`
}

// Mail is the identity of this site in mail.
type Mail struct {
	// Addresses are the support addresses. The first one is the sender of replies
	// when nothing else determines it. Subaddresses (support+tag) are included.
	Addresses []string `koanf:"addresses"`
	// CatchAll are domains for which every local part is accepted. Replies are sent
	// from the first support address, unless the mail was sent to another one.
	CatchAll []string `koanf:"catch_all"`
	Domain   string   `koanf:"domain"` // of outgoing Message-IDs and EHLO; default: the first address's domain
	Name     string   `koanf:"name"`   // company name, shown beside the agent's name in From; may be empty
	// ReplyKeys are the numbers of the keys that sign reply addresses, each made when it is
	// first listed: the first one signs, all of them are accepted. Empty: 1.
	ReplyKeys []int `koanf:"reply_keys"`
	// Undo is how long replies by mail are held, so that they can be undone, in inboxes
	// for which the policy does not say it.
	Undo time.Duration `koanf:"undo"`
	// DelayWarning is after which time people are told that a message is still not
	// delivered; 0: never.
	DelayWarning time.Duration `koanf:"delay_warning"`
}

// Hostname returns the domain of outgoing Message-IDs and of EHLO.
func (m *Mail) Hostname() string {
	if m.Domain != "" || len(m.Addresses) == 0 {
		return m.Domain
	}
	_, domain, _ := strings.Cut(imf.NormalizeAddr(m.Addresses[0]), "@")
	return domain
}

// Widget is a chat widget on a customer-facing website.
type Widget struct {
	Key     string   `koanf:"key"`
	Name    string   `koanf:"name"`
	Origins []string `koanf:"origins"` // exact origins (RFC 6454), or "*"
}

// Form is a hosted web form.
type Form struct {
	Key       string   `koanf:"key"`
	Title     string   `koanf:"title"`
	Redirects []string `koanf:"redirects"` // URLs allowed in the _redirect field
	Origins   []string `koanf:"origins"`   // origins allowed to submit by script
}

// Images controls the fetching of remote images in HTML mail.
type Images struct {
	// AllowNetworks are private networks from which images may be fetched
	// nevertheless, such as an intranet's image server. Anyone who sends mail can
	// make the gateway request URLs there.
	AllowNetworks []string `koanf:"allow_networks"`
}

// Webhooks controls the sending of events to other systems.
type Webhooks struct {
	// AllowNetworks are private networks that webhooks may reach nevertheless. Admins of
	// the desk can then make the gateway send requests there.
	AllowNetworks []string      `koanf:"allow_networks"`
	AllowHTTP     bool          `koanf:"allow_http"` // without TLS
	Timeout       time.Duration `koanf:"timeout"`    // of an attempt
}

// Signatures are the trust anchors for verifying signed mail. The files are read
// again when they change; private keys are refused.
type Signatures struct {
	// SMIMEAuthorities are PEM files of trusted certificate authorities or of single
	// end-entity certificates.
	SMIMEAuthorities []string `koanf:"smime_authorities"`
	SMIMESystem      bool     `koanf:"smime_system"` // trust the system's root store, too
	// OpenPGPKeys are files of public keys, armored or binary, and folders of such files.
	OpenPGPKeys []string `koanf:"openpgp_keys"`
}

// Trust returns the settings in the form that the verifier takes.
func (s *Signatures) Trust() mailsig.Config {
	return mailsig.Config{Authorities: s.SMIMEAuthorities, System: s.SMIMESystem, Keys: s.OpenPGPKeys}
}

// Smarthost relays outgoing mail. While Addr is empty, and mail is not delivered directly,
// replies stay queued.
type Smarthost struct {
	Addr         string `koanf:"addr"` // host:port; default: the provider's
	User         string `koanf:"user"`
	Password     string `koanf:"password"`
	PasswordFile string `koanf:"password_file"` // file that contains Password
	TLS          string `koanf:"tls"`           // implicit, starttls, none
	Connections  int    `koanf:"connections"`   // attempts at once; 0: as many as there are
	Rate         int    `koanf:"rate"`          // messages per minute; 0: no limit

	OAuth `koanf:",squash"`
}

// complete fills in the provider's defaults and reads secrets from their files.
func (s *Smarthost) complete(at string) (problems []Problem) {
	s.TLS = cmp.Or(s.TLS, "starttls")
	problems = secretFile(at, "password", s.PasswordFile, &s.Password)
	switch s.Provider {
	case ProviderGoogle:
		s.Addr = cmp.Or(s.Addr, "smtp.gmail.com:587")
	case ProviderMicrosoft:
		s.Addr = cmp.Or(s.Addr, "smtp.office365.com:587")
	}
	return append(problems, s.OAuth.complete(at, "https://outlook.office.com/SMTP.Send")...)
}

// Defaults returns the configuration that a file and the environment modify.
func Defaults() Config {
	return Config{Addr: "127.0.0.1:8080", Data: "data", LogLevel: "info", AlarmAfter: 5 * time.Minute, OfflineAfter: 5 * time.Minute, NoticeMail: time.Minute, TargetReview: true, API: API{RateLimit: defaultRateLimit},
		TrustedProxies: []string{"127.0.0.0/8", "::1"}, Mail: Mail{Undo: 10 * time.Second, DelayWarning: 4 * time.Hour}, Smarthost: Smarthost{TLS: "starttls"}, Delivery: defaultDelivery(), Webhooks: Webhooks{Timeout: 15 * time.Second},
		SMTP: SMTP{Rspamd: Rspamd{OnFailure: FilterAccept}, Clamd: Clamd{OnVirus: VirusReject, OnFailure: FilterAccept}}}
}

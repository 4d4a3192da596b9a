package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/internal/credential"
)

// agents are the demo's agents. The console signs in as the first one.
var agents = []desk.Agent{
	{Name: "Ana Ruiz", Email: "ana@demo.example", Tiers: []desk.Tier{0, 1}, Admin: true},
	{Name: "Ben Okafor", Email: "ben@demo.example", Tiers: []desk.Tier{2}, Skills: []string{"api", "billing", "webhook"}, Leads: []string{"integrations"}},
	{Name: "Eve Lindqvist", Email: "eve@demo.example", Tiers: []desk.Tier{3}},
	{Name: "Lena Vogt", Email: "lena@demo.example", Tiers: []desk.Tier{2}, Inboxes: []string{"billing"}, Skills: []string{"billing"}},
	{Name: "Cleo Marchetti", Email: "cleo@demo.example", Tiers: []desk.Tier{2}, Inboxes: []string{"billing"}, Skills: []string{"billing"}, Leads: []string{"billing"}, Capacity: 2},
	{Name: "Dev Patel", Email: "dev@demo.example", Tiers: []desk.Tier{2}, Inboxes: []string{"billing"}, Skills: []string{"billing"}, Capacity: 8,
		Timezone: "Europe/Lisbon", Hours: desk.Hours{"sat": {"10:00-14:00"}}},
}

// connected are the agents whose consoles are open, as far as the demo pretends.
// Conversations are assigned automatically only to agents who are there.
var connected = []string{"ben@demo.example", "cleo@demo.example", "dev@demo.example"}

// pretend keeps the connected agents connected until ctx ends.
func (d *demo) pretend(ctx context.Context) error {
	st := d.gate.Store()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for _, email := range connected {
			a, _, err := st.AgentByEmail(ctx, email)
			if err == nil {
				err = st.SeeAgent(ctx, a.ID)
			}
			if err != nil && ctx.Err() == nil {
				d.opt.Log.Warn("AgentNotSeen", "agent", email, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// password of every demo agent, for the sign-in page.
const password = "switchboard"

// company is a customer of the demo shop.
type company struct {
	name, domain, plan string
	arr                float64
	people             []string // "Jo Marsh"
	tags               []string
	foreign            bool // writes in another language than English, and so only about topics of its own
}

var companies = []company{
	{"acme.example", "acme.example", "business", 24000, []string{"Dana Brooks", "Will Carter"}, nil, false}, // named after its first message, like any new customer
	{"Globex", "globex.example", "enterprise", 120000, []string{"Maria Keller", "Tom Weiss"}, []string{"strategic"}, false},
	{"Initech", "initech.example", "standard", 3600, []string{"Bill Lumb", "Priya Nair"}, nil, false},
	{"Umbrella Health", "umbrella-health.example", "enterprise", 88000, []string{"Noor Haddad", "Jean Petit"}, nil, false},
	{"Hooli", "hooli.example", "business", 31000, []string{"Gavin Stone", "Aiko Mori"}, nil, false},
	{"Stark Logistics", "stark-logistics.example", "business", 18000, []string{"Pia Lund", "Diego Paz"}, nil, false},
	{"Wayne Foods", "wayne-foods.example", "standard", 5200, []string{"Lucy Fox"}, nil, false},
	{"Vandelay Imports", "vandelay.example", "standard", 2400, []string{"Art Vande", "Rosa Conti"}, nil, false},
	{"東京商会", "tokyo-shokai.example", "business", 27000, []string{"佐藤 美咲", "鈴木 健"}, nil, true},
	{"Müller & Söhne", "mueller-soehne.example", "standard", 4100, []string{"Jürgen Müller", "Änne Groß"}, nil, true},
}

// people creates the agents, the accounts with their attributes, and the API key,
// which it returns.
func (d *demo) people(ctx context.Context) (string, error) {
	st := d.gate.Store()
	// Hashing a password is slow on purpose; later starts do not need it.
	hash := sync.OnceValues(func() (string, error) { return credential.HashPassword(password) })
	var admin desk.Agent
	for i, a := range agents {
		if known, _, err := st.AgentByEmail(ctx, a.Email); err == nil {
			a.ID = known.ID
		} else if h, err := hash(); err != nil {
			return "", err
		} else if a.ID, err = st.SaveAgent(ctx, a, h); err != nil {
			return "", err
		}
		if i == 0 {
			admin = a
		}
	}
	for _, c := range companies {
		err := st.SaveAccount(ctx, desk.Account{Name: c.name, Domains: []string{c.domain}, Tags: c.tags, CreatedAt: time.Now(),
			Attributes: map[string]any{"plan": c.plan, "arr": c.arr}})
		if err != nil {
			return "", err
		}
	}
	return d.apiKey(ctx, admin)
}

// apiKey reads the demo's API key, or creates it at the first start.
func (d *demo) apiKey(ctx context.Context, admin desk.Agent) (string, error) {
	path := filepath.Join(d.opt.Data, "api-key")
	if text, err := os.ReadFile(path); err == nil {
		key := strings.TrimSpace(string(text))
		if _, _, err := d.gate.Store().KeyAgent(ctx, credential.Digest(key)); err == nil {
			return key, nil
		}
	}
	key := credential.NewKey()
	_, err := d.gate.Store().CreateKey(ctx, apiKeyName, credential.Digest(key), admin, time.Time{})
	return key, errors.Join(err, os.WriteFile(path, []byte(key+"\n"), 0o600))
}

// appPassword reads the app password of the first agent's mail programs, or creates it at the first start.
func (d *demo) appPassword(ctx context.Context) (string, error) {
	st := d.gate.Store()
	path := filepath.Join(d.opt.Data, "app-password")
	if text, err := os.ReadFile(path); err == nil {
		secret := strings.TrimSpace(string(text))
		if _, err := st.AppPasswordAgent(ctx, agents[0].Email, credential.Digest(secret)); err == nil {
			return secret, nil
		}
	}
	a, _, err := st.AgentByEmail(ctx, agents[0].Email)
	if err != nil {
		return "", err
	}
	secret := credential.NewAppPassword()
	_, err = st.CreateAppPassword(ctx, "demo", credential.Digest(secret), a)
	return secret, errors.Join(err, os.WriteFile(path, []byte(secret+"\n"), 0o600))
}

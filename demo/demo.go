// Package demo runs a gateway with simulated customers, agents and conversations. Its
// IMAP mailbox and SMTP server are real, and a sink stores the mail that customers
// would have received. No mail leaves the machine.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"switchboard/config"
	"switchboard/gateway"
)

// Options configure the demo.
type Options struct {
	Addr string // of the HTTP server; with port 0 the mail servers use free ports too
	SMTP string // empty: 127.0.0.1:2525
	IMAP string // empty: 127.0.0.1:1143
	// AgentIMAP and AgentSMTP are for the agents' mail programs; empty: 127.0.0.1:1144 and 127.0.0.1:2587
	AgentIMAP, AgentSMTP string
	Data                 string // folder; kept between runs
	Seed                 int64  // of the random conversations
	JSON                 bool   // print one line of JSON instead of the welcome text
	Out                  io.Writer
	Log                  *slog.Logger
}

// The demo's company.
const (
	supportAddress  = "support@demo.example"
	billingAddress  = "billing@demo.example"
	securityAddress = "security@demo.example"
	imapUser        = "support@demo.example"
	imapPassword    = "demo"
	widgetKey       = "wk_demo"
	formKey         = "support"
	apiKeyName      = "demo"
)

// Endpoints are printed as JSON for programs that start the demo.
type Endpoints struct {
	Console   string `json:"console"`
	API       string `json:"api"`
	APIKey    string `json:"api_key"`
	SMTP      string `json:"smtp"`
	IMAP      IMAP   `json:"imap"`
	WidgetKey string `json:"widget_key"`
	FormURL   string `json:"form_url"`
	ChatURL   string `json:"chat_url"`
	SinkAPI   string `json:"sink_api"`
	Demo      string `json:"demo"`
	// IMAPAgents is where an agent's mail program reads inboxes, and SubmissionAgents where it sends replies. Both are without TLS.
	IMAPAgents       IMAP `json:"imap_agents"`
	SubmissionAgents IMAP `json:"submission_agents"`
}

// IMAP contains the address and login of the support mailbox.
type IMAP struct {
	Addr     string `json:"addr"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// demo is a running demo.
type demo struct {
	opt  Options
	gate *gateway.Gateway
	box  *mailbox
	sink *sink
	ends Endpoints
	// rules is the file with the policy to publish; empty: the published one stays.
	rules string
}

// Run runs the demo until ctx ends.
func Run(ctx context.Context, opt Options) error {
	d := &demo{opt: opt}
	d.ports()
	if err := d.policy(); err != nil {
		return fmt.Errorf("data folder: %w; name another one with --data", err)
	}
	stop, err := d.start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	// The past is told in its order: no clock runs ahead of what the agents did.
	release := d.gate.HoldTimers()
	g.Go(func() error { return d.gate.Run(ctx) })
	g.Go(func() error {
		defer release()
		if err := d.seed(ctx); err != nil {
			return fmt.Errorf("seed the demo: %w", err)
		}
		if err := d.gate.DrawReviews(ctx); err != nil { // the past is there only now
			return fmt.Errorf("draw reviews: %w", err)
		}
		if err := d.reviewAnswers(ctx); err != nil {
			return fmt.Errorf("review answers: %w", err)
		}
		release()
		g.Go(func() error { return d.pretend(ctx) })
		return d.announce()
	})
	return g.Wait()
}

//go:embed policy.yaml
var policy []byte

// policy creates the data folder, with the policy to publish at the first start. Later,
// what was published since stays in force.
func (d *demo) policy() error {
	path := filepath.Join(d.opt.Data, "policy.yaml")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	d.rules = path
	return errors.Join(os.MkdirAll(d.opt.Data, 0o700), os.WriteFile(path, policy, 0o600))
}

// ports fills in the mail servers' addresses.
func (d *demo) ports() {
	_, port, _ := net.SplitHostPort(d.opt.Addr)
	fallback := func(value *string, fixed string) {
		if *value == "" {
			*value = fixed
			if port == "0" {
				*value = "127.0.0.1:0"
			}
		}
	}
	fallback(&d.opt.SMTP, "127.0.0.1:2525")
	fallback(&d.opt.IMAP, "127.0.0.1:1143")
	if port != "8080" { // several demos run at once
		port = "0"
	}
	fallback(&d.opt.AgentIMAP, "127.0.0.1:1144")
	fallback(&d.opt.AgentSMTP, "127.0.0.1:2587")
}

// start brings up the sink, the mailbox and the gateway.
func (d *demo) start(ctx context.Context) (stop func(), err error) {
	if d.sink, err = newSink(filepath.Join(d.opt.Data, "sink")); err != nil {
		return nil, err
	}
	if d.box, err = newMailbox(d.opt.IMAP, filepath.Join(d.opt.Data, "imap"), d.opt.Log); err != nil {
		d.sink.Close()
		return nil, err
	}
	stop = func() { d.sink.Close(); d.box.Close() }
	if d.gate, err = gateway.New(ctx, d.config(), d.opt.Log); err != nil {
		stop()
		return nil, err
	}
	if err = d.endpoints(ctx); err != nil {
		stop()
		d.gate.Close() //nolint:errcheck // the first error is returned
		return nil, err
	}
	d.pages()
	return stop, nil
}

// config returns the gateway's configuration.
func (d *demo) config() config.Config {
	cfg := config.Defaults()
	cfg.Addr, cfg.Data, cfg.Policy = d.opt.Addr, d.opt.Data, d.rules
	cfg.Mail = config.Mail{Addresses: []string{supportAddress, billingAddress, securityAddress}, Domain: "demo.example", Name: "Demo Shop", Undo: cfg.Mail.Undo, DelayWarning: cfg.Mail.DelayWarning}
	cfg.SMTP.Addr = d.opt.SMTP
	cfg.AgentMail = config.AgentMail{IMAP: d.opt.AgentIMAP, Submission: d.opt.AgentSMTP}
	cfg.Smarthost = config.Smarthost{Addr: d.sink.Addr(), TLS: "none"}
	cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: d.box.Addr(), User: imapUser, Password: imapPassword, TLS: "none"}}
	cfg.Widgets = []config.Widget{{Key: widgetKey, Name: "Demo Shop", Origins: []string{"*"}}}
	cfg.Forms = []config.Form{{Key: formKey, Title: "Contact Demo Shop", Origins: []string{"*"}}}
	cfg.Service.Segments = []string{"*"}
	return cfg
}

// endpoints creates the agents and customers and fills in d.ends.
func (d *demo) endpoints(ctx context.Context) error {
	key, err := d.people(ctx)
	if err != nil {
		return err
	}
	secret, err := d.appPassword(ctx)
	if err != nil {
		return err
	}
	host := d.gate.HTTPAddr().String()
	d.ends = Endpoints{
		Console: "http://" + host + "/", API: "http://" + host + "/api/v1", APIKey: key,
		SMTP: d.gate.SMTPAddr().String(), IMAP: IMAP{d.box.Addr(), imapUser, imapPassword},
		WidgetKey: widgetKey, FormURL: "http://" + host + "/f/" + formKey, ChatURL: "ws://" + host + "/chat?widget=" + widgetKey,
		SinkAPI: "http://" + host + "/demo/api/sink", Demo: "http://" + host + "/demo",
		IMAPAgents: IMAP{d.gate.AgentIMAPAddr().String(), agents[0].Email, secret}, SubmissionAgents: IMAP{d.gate.AgentSubmissionAddr().String(), agents[0].Email, secret},
	}
	return nil
}

// announce prints the URLs, addresses and logins.
func (d *demo) announce() error {
	if d.opt.JSON {
		return json.NewEncoder(d.opt.Out).Encode(d.ends)
	}
	base := strings.TrimSuffix(d.ends.Console, "/")
	_, err := fmt.Fprintf(d.opt.Out, `
  Switchboard is running with simulated customers. No mail leaves this machine.

    Agent console     %s   (you are signed in as Ana; the menu switches agents)
    Customer pages    %s   (a mailbox, a shop with the chat widget, a form)
    Help pages        %s/help
    API               %s/docs
    Send mail to      smtp://%s   from any address, to %s, %s or %s
    Support mailbox   imap://%s   user %s, password %s
    API key           %s

  Stop with Ctrl+C. The data is kept in %s; delete it to start from scratch.

`, d.ends.Console, d.ends.Demo, base, base, d.ends.SMTP, supportAddress, billingAddress, securityAddress,
		d.ends.IMAP.Addr, imapUser, imapPassword, d.ends.APIKey, d.opt.Data)
	return err
}

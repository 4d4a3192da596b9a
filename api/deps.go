package api

import (
	"context"
	"time"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/repeat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/accounts"
	"switchboard/internal/roster"
	"switchboard/internal/search"
	"switchboard/live"
	"switchboard/outbound/operate"
)

// Deps are the API's dependencies. Methods with an agent return KindNotFound for,
// or leave out, what that agent may not see.
type Deps struct {
	Conversations Conversations
	Messages      Messages
	Trails        Trails
	Outbox        Queues
	Surveys       Surveys
	Reports       Reports
	Reviews       Reviews
	Desks         Desks
	Tasks         Tasks
	Drafts        Drafts
	Uploads       Uploads
	Notices       Notices
	Staff         Staff
	Names         Names
	Directory     Directory
	Journal       Journal
	Events        Events
	People        auth.People
	Sessions      auth.Sessions
	Keys          Keys
	AppPasswords  AppPasswords
	Repeats       repeat.Keeper
	Answers       Answers
	Passing       Passing
	Letters       Correspondence
	Handling      Handling
	Merging       Merging
	Changing      Changing
	Undos         Undos
	Matching      Matching
	SavedViews    SavedViews
	SavedViewCare SavedViewCare
	Operations    Operations
	Teamwork      Teamwork
	Health        Health
	Channels      Channels
	Reconciler    Reconciler // nil: this process has no mailboxes
	Macros        Macros
	MacroCare     MacroCare
	Macroing      Macroing
	Articles      Articles
	ArticleCare   ArticleCare
	Gaps          ArticleGaps
	Runbooks      Runbooks
	RootCauses    RootCauses
	Updates       Updates
	Linking       Linking
	Advisories    Advisories
	AdvisoryCare  AdvisoryCare
	Updating      Updating
	Publishing    Publishing
	Policies      Policies
	PolicyUse     PolicyUse
	Pilots        Pilots
	PilotCare     PilotCare
	Simulator     Simulator // nil: policies cannot be simulated
	Webhooks      Webhooks
	WebhookCare   WebhookCare
	// WebhookDeliveries are what is sent to webhooks.
	WebhookDeliveries WebhookDeliveries
	// SavedReportCare changes saved reports, and Subscriptions say who gets them by mail.
	SavedReports    SavedReports
	SavedReportCare SavedReportCare
	Subscriptions   Subscriptions
	PlainWebhooks   bool   // URLs of webhooks may be http
	Images          Images // nil: remote images are not shown
	Hub             *live.Hub
}

// Store is everything the API reads; package store implements it.
type Store interface {
	Conversations
	Messages
	Trails
	Queues
	Surveys
	Reports
	SavedReports
	SavedReportCare
	Subscriptions
	Reviews
	Desks
	Tasks
	Drafts
	Uploads
	Notices
	Staff
	Directory
	Journal
	Events
	auth.People
	auth.Sessions
	Keys
	AppPasswords
	repeat.Keeper
	Health
	Channels
	Macros
	MacroCare
	Articles
	ArticleCare
	ArticleGaps
	Runbooks
	RootCauses
	Updates
	Advisories
	AdvisoryCare
	Policies
	PolicyUse
	Pilots
	PilotCare
	Undos
	Matching
	SavedViews
	SavedViewCare
	Webhooks
	WebhookCare
	WebhookDeliveries
}

// Actions is everything an agent can do; agent.Desk implements it.
type Actions interface {
	Answers
	Passing
	Correspondence
	Handling
	Merging
	Changing
	Operations
	Teamwork
	Macroing
	Publishing
	Linking
	Updating
}

// From returns the dependencies on a store, a desk and a hub.
func From(s Store, names Names, actions Actions, hub *live.Hub) Deps {
	return Deps{
		Conversations: s, Messages: s, Trails: s, Outbox: s, Surveys: s, Reports: s, Reviews: s, Desks: s, Tasks: s, Drafts: s, Uploads: s, Notices: s, Staff: s, Names: names, Directory: s, Journal: s, Events: s,
		People: s, Sessions: s, Keys: s, AppPasswords: s, Repeats: s, Health: s, Channels: s, Answers: actions, Passing: actions, Letters: actions, Handling: actions, Merging: actions, Changing: actions, Undos: s, Matching: s, SavedViews: s, SavedViewCare: s, Operations: actions, Teamwork: actions, Macros: s, MacroCare: s, Macroing: actions, Articles: s, ArticleCare: s, Gaps: s, Runbooks: s, Publishing: actions, RootCauses: s, Updates: s, Advisories: s, AdvisoryCare: s, Linking: actions, Updating: actions, Webhooks: s, WebhookCare: s, WebhookDeliveries: s, Hub: hub,
		Policies: s, PolicyUse: s, Pilots: s, PilotCare: s, SavedReports: s, SavedReportCare: s, Subscriptions: s,
	}
}

// Conversations reads conversations without their messages.
type Conversations interface {
	// Conversations lists those that match all filters, in an order, after a position.
	Conversations(ctx context.Context, as desk.Agent, filters []search.Filter, by view.Sort, after view.Position, limit int) ([]view.Conversation, error)
	Conversation(ctx context.Context, as desk.Agent, ref view.ConversationRef) (view.Conversation, error)
	// ConversationEvents lists a conversation's events with a number above after,
	// oldest first.
	ConversationEvents(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]desk.Event, error)
	// Stints lists the assignment history, oldest first, without the first skip
	// entries.
	Stints(ctx context.Context, as desk.Agent, id desk.ConversationID, skip, limit int) ([]view.Stint, error)
}

// Messages reads messages and their files.
type Messages interface {
	// Messages lists a conversation's messages with a number above after, oldest
	// first.
	Messages(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]view.Message, error)
	Message(ctx context.Context, as desk.Agent, id desk.MessageID) (view.Message, error)
	MessageBytes(ctx context.Context, as desk.Agent, id desk.MessageID) (view.File, error)
	Attachment(ctx context.Context, as desk.Agent, id desk.MessageID, part string) (view.File, error)
}

// Trails reads what happened to messages that were sent.
type Trails interface {
	Trail(ctx context.Context, id desk.MessageID) ([]view.Trail, error)
}

// Queues reads the deliveries of mail.
type Queues interface {
	// Queued lists those that match, newest first, before one.
	Queued(ctx context.Context, as desk.Agent, f view.OutboxFilter, before desk.DeliveryID, limit int) ([]view.Queued, error)
	QueuedOne(ctx context.Context, as desk.Agent, id desk.DeliveryID) (view.Queued, error)
	// OutboxCounts counts those that have not been sent.
	OutboxCounts(ctx context.Context, as desk.Agent, f view.OutboxFilter) (view.OutboxCounts, error)
}

// Operations are what people do to deliveries.
type Operations interface {
	// Operate returns the delivery that it leads to: of a redirect, the new one.
	Operate(ctx context.Context, by desk.Agent, c desk.ConversationID, m desk.MessageID, id desk.DeliveryID, r operate.Request) (desk.DeliveryID, error)
	// Lift lets replies go to an address again that could not be reached.
	Lift(ctx context.Context, by desk.Agent, c desk.ConversationID, address string) error
}

// Desks reads inboxes, agents and the numbers beside the views.
type Desks interface {
	Inboxes(ctx context.Context, as desk.Agent) ([]view.Inbox, error)
	// Agents lists those who can sign in, or all.
	Agents(ctx context.Context, all bool) ([]view.Agent, error)
	Agent(ctx context.Context, id desk.AgentID) (view.Agent, error)
	// Counts counts the conversations of the agent's views.
	Counts(ctx context.Context, as desk.Agent) (view.Counts, error)
}

// Tasks reads tasks.
type Tasks interface {
	// Tasks lists those that match, the earliest deadline first, after a position.
	// KindInvalid if there is no such inbox.
	Tasks(ctx context.Context, as desk.Agent, f view.TaskFilter, after view.TaskPosition, limit int) ([]view.Task, error)
	// ConversationTasks lists those of a conversation as they were opened, after one.
	ConversationTasks(ctx context.Context, as desk.Agent, id desk.ConversationID, after desk.TaskID, limit int) ([]view.Task, error)
	Task(ctx context.Context, as desk.Agent, id desk.TaskID) (view.Task, error)
}

// Staff changes agents.
type Staff interface {
	// EditAgent lets change edit an agent in one transaction. KindConflict if no admin
	// would be left.
	EditAgent(ctx context.Context, by, id desk.AgentID, change func(*desk.Agent) error) error
	SetAvailability(ctx context.Context, by, id desk.AgentID, to desk.Availability, until time.Time) error
	// SeeAgent records that an event socket of the agent is open.
	SeeAgent(ctx context.Context, id desk.AgentID) error
}

// Names reads what the properties of an agent may name.
type Names interface {
	Names(ctx context.Context) (roster.Names, error)
}

// Directory reads and changes customers. Lists are ordered by name.
type Directory interface {
	Accounts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Account, error)
	Account(ctx context.Context, as desk.Agent, id desk.AccountID) (view.Account, error)
	EditAccount(ctx context.Context, by desk.Actor, ref accounts.Ref, create bool, change func(*desk.Account) error) (accounts.Edit, error)
	// TryAccounts calls fn with an editor whose edits are all rolled back.
	TryAccounts(ctx context.Context, by desk.Actor, fn func(accounts.Editor) error) error
	Contacts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Contact, error)
	Contact(ctx context.Context, as desk.Agent, id desk.ContactID) (view.Contact, error)
}

// Journal reads what the channels received.
type Journal interface {
	// Raws lists rows without bytes, newest first, with an arrival number below
	// before (0: all), and returns the last row's arrival number.
	Raws(ctx context.Context, state desk.RawState, before int64, limit int) ([]desk.Raw, int64, error)
	// Raw returns one row; KindNotFound when it does not exist.
	Raw(ctx context.Context, id desk.RawID) (desk.Raw, error)
	// Replay returns a quarantined row to the pipeline, all of them for the zero
	// ID, and returns the IDs of the rows it changed.
	Replay(ctx context.Context, id desk.RawID) ([]desk.RawID, error)
}

// Events reads the event log in its order.
type Events interface {
	// EventsAfter returns up to limit events after the cursor; a cursor that
	// cannot be parsed is KindInvalid.
	EventsAfter(ctx context.Context, after desk.Cursor, limit int) ([]desk.Event, error)
	Head(ctx context.Context) (desk.Cursor, error)
	// Access returns the access rule of each conversation that exists.
	Access(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]view.Access, error)
}

// Keys stores the digests of API keys.
type Keys interface {
	auth.Keys
	CreateKey(ctx context.Context, name string, digest []byte, by desk.Agent, expires time.Time, scopes ...string) (view.Key, error)
	Keys(ctx context.Context, as desk.Agent) ([]view.Key, error)
	DeleteKey(ctx context.Context, as desk.Agent, id desk.KeyID) error
}

// Answers writes messages.
type Answers interface {
	Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r agent.Reply) (desk.Message, error)
	Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error)
	// CancelSend takes a reply back that has not been sent, and returns it as a draft.
	CancelSend(ctx context.Context, by desk.Agent, c desk.ConversationID, m desk.MessageID) (view.Draft, error)
	// Recipients returns who a reply to everyone goes to.
	Recipients(ctx context.Context, by desk.Agent, c desk.ConversationID) (agent.Recipients, error)
}

// Correspondence writes to people who have not written.
type Correspondence interface {
	// Start opens a conversation by a mail to somebody.
	Start(ctx context.Context, by desk.Agent, s agent.Start) (desk.Conversation, desk.Message, error)
	// Stationery returns what such a mail has in an inbox.
	Stationery(by desk.Agent, inbox string) (agent.Stationery, error)
}

// Handling hands conversations over, and says what is possible with them.
type Handling interface {
	// PreviewMove returns what a move would do.
	PreviewMove(ctx context.Context, by desk.Agent, c desk.ConversationID, m agent.Move) (agent.Preview, error)
	Accept(ctx context.Context, by desk.Agent, c desk.ConversationID) (desk.Conversation, error)
	Return(ctx context.Context, by desk.Agent, c desk.ConversationID, reason string) (desk.Conversation, error)
	// Acknowledge ends the pages of a conversation.
	Acknowledge(ctx context.Context, by desk.Agent, c desk.ConversationID) error
	// Allowed returns what the agent may do with a conversation.
	Allowed(by desk.Agent, c *view.Conversation) []string
}

// Merging undoes merges.
type Merging interface {
	// Unmerge returns the conversation that is separate again.
	Unmerge(ctx context.Context, by desk.Agent, absorbed desk.ConversationID) (desk.Conversation, error)
}

// Teamwork lets others work on a conversation that keeps its inbox and its assignee.
type Teamwork interface {
	OpenTask(ctx context.Context, by desk.Agent, c desk.ConversationID, n agent.OpenTask) (desk.TaskID, error)
	ChangeTask(ctx context.Context, by desk.Agent, c desk.ConversationID, id desk.TaskID, ch agent.ChangeTask) error
	Invite(ctx context.Context, by desk.Agent, c desk.ConversationID, in agent.Invite) error
	Leave(ctx context.Context, by desk.Agent, c desk.ConversationID, helper desk.AgentID) error
}

// Health reports whether the process can serve requests.
type Health interface {
	Ping(ctx context.Context) error
	// Schema returns the database's schema version and the one this program needs.
	Schema(ctx context.Context) (have, want int, err error)
}

// Channels reads the status of the channels.
type Channels interface {
	// Channels lists them by name.
	Channels(ctx context.Context) ([]view.Channel, error)
}

// Reconciler compares a mailbox with the journal and fetches missing messages.
type Reconciler interface {
	// Reconcile takes a channel's name. KindNotFound when it is not a mailbox;
	// KindConflict, with the reason, when it cannot be compared now.
	Reconcile(ctx context.Context, channel string) ([]view.ReconciledFolder, error)
}

// Images fetches remote images, or returns cached ones.
type Images interface {
	// Image returns KindNotFound when the URL has no image that may be shown.
	Image(ctx context.Context, url string) (view.File, error)
}

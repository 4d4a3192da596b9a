-- The schema after all migrations, as PostgreSQL's catalog describes it. Written by
-- go test ./migrations -update. Bodies of views and functions are in the migrations
-- and in functions/.

create table account_domains (
    domain text not null,
    account_id uuid not null,
    constraint account_domains_pkey PRIMARY KEY (domain),
    constraint account_domains_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    constraint account_domains_domain_check CHECK ((domain = lower(domain)))
);
CREATE INDEX account_domains_account ON account_domains USING btree (account_id);

create table account_reviews (
    conversation_id uuid not null,
    actor text not null,
    due_at timestamp with time zone not null default clock_timestamp(),
    constraint account_reviews_pkey PRIMARY KEY (conversation_id),
    constraint account_reviews_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
);
CREATE INDEX account_reviews_due ON account_reviews USING btree (due_at);

create table accounts (
    id uuid not null,
    name text not null,
    segment text not null default ''::text,
    timezone text not null default ''::text,
    attributes jsonb not null default '{}'::jsonb,
    tags text[] not null default '{}'::text[],
    created_at timestamp with time zone not null default now(),
    folded text,
    external_id text,
    owner_id uuid,
    updated_at timestamp with time zone not null default now(),
    constraint accounts_pkey PRIMARY KEY (id),
    constraint accounts_external_id_key UNIQUE (external_id),
    constraint accounts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES agents(id),
    constraint accounts_external_id_check CHECK ((external_id <> ''::text))
);
CREATE INDEX accounts_name ON accounts USING btree ("left"(lower(name), 200), id);

create table address_health (
    address text not null,
    suppressed_at timestamp with time zone,
    reason text not null default ''::text,
    failures integer not null default 0,
    code integer not null default 0,
    enhanced_code text not null default ''::text,
    detail text not null default ''::text,
    first_failed_at timestamp with time zone not null,
    last_failed_at timestamp with time zone not null,
    lifted_at timestamp with time zone,
    lifted_by uuid,
    constraint address_health_pkey PRIMARY KEY (address),
    constraint address_health_lifted_by_fkey FOREIGN KEY (lifted_by) REFERENCES agents(id),
    constraint address_health_reason_check CHECK ((reason = ANY (ARRAY[''::text, 'no-mailbox'::text, 'repeated'::text])))
);

create table advisories (
    id uuid not null,
    subject text not null,
    body text not null,
    inbox text not null,
    segments text[] not null default '{}'::text[],
    accounts uuid[] not null default '{}'::uuid[],
    state text not null default 'draft'::text,
    author_id uuid not null,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    constraint advisories_pkey PRIMARY KEY (id),
    constraint advisories_author_id_fkey FOREIGN KEY (author_id) REFERENCES agents(id),
    constraint advisories_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'sending'::text, 'paused'::text, 'done'::text, 'cancelled'::text])))
);
CREATE INDEX advisories_order ON advisories USING btree (created_at DESC, id);
CREATE INDEX advisories_sending ON advisories USING btree (id) WHERE (state = 'sending'::text);

create table advisory_optouts (
    contact_id uuid not null,
    since timestamp with time zone not null default now(),
    constraint advisory_optouts_pkey PRIMARY KEY (contact_id),
    constraint advisory_optouts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id)
);

create table advisory_recipients (
    advisory_id uuid not null,
    contact_id uuid not null,
    address text not null,
    state text not null,
    reason text not null default ''::text,
    queued_at timestamp with time zone not null default now(),
    at timestamp with time zone not null default now(),
    attempts integer not null default 0,
    conversation_id uuid,
    message_id uuid,
    constraint advisory_recipients_pkey PRIMARY KEY (advisory_id, contact_id),
    constraint advisory_recipients_advisory_id_fkey FOREIGN KEY (advisory_id) REFERENCES advisories(id),
    constraint advisory_recipients_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
    constraint advisory_recipients_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint advisory_recipients_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint advisory_recipients_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'skipped'::text, 'cancelled'::text])))
);
CREATE INDEX advisory_recipients_due ON advisory_recipients USING btree (at) WHERE (state = 'waiting'::text);
CREATE UNIQUE INDEX advisory_recipients_message ON advisory_recipients USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX advisory_recipients_queued ON advisory_recipients USING btree (queued_at) WHERE (state = ANY (ARRAY['waiting'::text, 'sent'::text]));

create table agent_presence (
    agent_id uuid not null,
    seen_at timestamp with time zone not null,
    constraint agent_presence_pkey PRIMARY KEY (agent_id),
    constraint agent_presence_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE
);

create table agent_sessions (
    token_hash bytea not null,
    agent_id uuid not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone not null,
    constraint agent_sessions_pkey PRIMARY KEY (token_hash),
    constraint agent_sessions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);

create table agents (
    id uuid not null,
    name text not null,
    email text not null,
    tiers integer[] not null default '{}'::integer[],
    admin boolean not null default false,
    disabled boolean not null default false,
    password_hash text not null default ''::text,
    created_at timestamp with time zone not null default now(),
    inboxes text[] not null default '{}'::text[],
    skills text[] not null default '{}'::text[],
    capacity integer not null default 0,
    leads text[] not null default '{}'::text[],
    timezone text not null default ''::text,
    hours jsonb not null default '{}'::jsonb,
    availability text not null default 'available'::text,
    away_until timestamp with time zone,
    inboxes_only boolean not null default false,
    mask_addresses boolean not null default false,
    display_name text not null default ''::text,
    signature text not null default ''::text,
    constraint agents_pkey PRIMARY KEY (id),
    constraint agents_email_key UNIQUE (email),
    constraint agents_availability_check CHECK ((availability = ANY (ARRAY['available'::text, 'away'::text]))),
    constraint agents_capacity_check CHECK ((capacity >= 0)),
    constraint agents_email_check CHECK ((email = lower(email)))
);

create table api_keys (
    id uuid not null,
    name text not null,
    key_hash bytea not null,
    agent_id uuid not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    scopes text[] not null default '{}'::text[],
    constraint api_keys_pkey PRIMARY KEY (id),
    constraint api_keys_key_hash_key UNIQUE (key_hash),
    constraint api_keys_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);

create table app_passwords (
    id uuid not null,
    agent_id uuid not null,
    name text not null,
    hash bytea not null,
    created_at timestamp with time zone not null default now(),
    last_used_at timestamp with time zone,
    constraint app_passwords_pkey PRIMARY KEY (id),
    constraint app_passwords_hash_key UNIQUE (hash),
    constraint app_passwords_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);
CREATE INDEX app_passwords_agent ON app_passwords USING btree (agent_id);

create table article_versions (
    article_id uuid not null,
    version integer not null,
    title text not null,
    body text not null,
    author_id uuid not null,
    created_at timestamp with time zone not null default now(),
    published_at timestamp with time zone,
    published_by uuid,
    constraint article_versions_pkey PRIMARY KEY (article_id, version),
    constraint article_versions_article_id_fkey FOREIGN KEY (article_id) REFERENCES articles(id),
    constraint article_versions_author_id_fkey FOREIGN KEY (author_id) REFERENCES agents(id),
    constraint article_versions_published_by_fkey FOREIGN KEY (published_by) REFERENCES agents(id)
);

create table articles (
    id uuid not null,
    slug text not null,
    language text not null,
    public boolean not null default false,
    status text not null default 'draft'::text,
    tags text[] not null default '{}'::text[],
    owner_id uuid,
    review_on date,
    version integer not null default 1,
    title text not null,
    summary text not null,
    body text not null,
    head tsvector not null,
    words tsvector not null,
    live_version integer,
    live_title text,
    live_summary text,
    live_body text,
    live_head tsvector,
    live_words tsvector,
    published_at timestamp with time zone,
    helpful bigint not null default 0,
    unhelpful bigint not null default 0,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    attach_routes text[] not null default '{}'::text[],
    attach_tags text[] not null default '{}'::text[],
    attach_inboxes text[] not null default '{}'::text[],
    constraint articles_pkey PRIMARY KEY (id),
    constraint articles_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES agents(id),
    constraint articles_live CHECK ((((status = 'published'::text) = (live_words IS NOT NULL)) AND ((live_version IS NULL) = (live_body IS NULL)))),
    constraint articles_runbook CHECK (((NOT public) OR ((attach_routes = '{}'::text[]) AND (attach_tags = '{}'::text[]) AND (attach_inboxes = '{}'::text[])))),
    constraint articles_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'archived'::text])))
);
CREATE INDEX articles_attached ON articles USING btree (id) WHERE ((status = 'published'::text) AND (NOT public) AND ((attach_routes <> '{}'::text[]) OR (attach_tags <> '{}'::text[]) OR (attach_inboxes <> '{}'::text[])));
CREATE INDEX articles_head ON articles USING gin (head) WITH (fastupdate=off);
CREATE INDEX articles_language ON articles USING btree (split_part(language, '-'::text, 1));
CREATE INDEX articles_live_head ON articles USING gin (live_head) WITH (fastupdate=off);
CREATE INDEX articles_live_words ON articles USING gin (live_words) WITH (fastupdate=off);
CREATE UNIQUE INDEX articles_slug ON articles USING btree (slug, language);
CREATE INDEX articles_updated ON articles USING btree (updated_at DESC, id);
CREATE INDEX articles_words ON articles USING gin (words) WITH (fastupdate=off);

create table automatic_due (
    id uuid not null default gen_random_uuid(),
    conversation_id uuid not null,
    message_id uuid,
    kind text not null,
    at timestamp with time zone not null,
    attempts integer not null default 0,
    facts jsonb not null,
    constraint automatic_due_pkey PRIMARY KEY (id),
    constraint automatic_due_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint automatic_due_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint automatic_due_kind_check CHECK ((kind = ANY (ARRAY['acknowledgement'::text, 'survey'::text])))
);
CREATE INDEX automatic_due_at ON automatic_due USING btree (at);

create table automatic_mails (
    message_id uuid not null,
    conversation_id uuid not null,
    kind text not null,
    address text not null,
    organization text not null,
    fingerprint text not null,
    verified boolean not null,
    at timestamp with time zone not null,
    constraint automatic_mails_pkey PRIMARY KEY (message_id),
    constraint automatic_mails_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint automatic_mails_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint automatic_mails_kind_check CHECK ((kind = ANY (ARRAY['acknowledgement'::text, 'out-of-hours'::text, 'survey'::text, 'article'::text])))
);
CREATE INDEX automatic_mails_address ON automatic_mails USING btree (address, at);
CREATE INDEX automatic_mails_at ON automatic_mails USING btree (at);
CREATE INDEX automatic_mails_conversation ON automatic_mails USING btree (conversation_id);
CREATE INDEX automatic_mails_fingerprint ON automatic_mails USING btree (fingerprint, at) WHERE (fingerprint <> ''::text);
CREATE INDEX automatic_mails_organization ON automatic_mails USING btree (organization, at);

create table automatic_stop (
    one boolean not null default true,
    since timestamp with time zone not null,
    until timestamp with time zone not null,
    reason text not null,
    constraint automatic_stop_pkey PRIMARY KEY (one),
    constraint automatic_stop_one_check CHECK (one)
);

create table blobs (
    sha256 text not null,
    size bigint not null,
    bytes bytea not null storage external,
    constraint blobs_pkey PRIMARY KEY (sha256)
);

create table channel_arrivals (
    channel text not null,
    last_item timestamp with time zone not null,
    constraint channel_arrivals_pkey PRIMARY KEY (channel)
);

create table channel_status (
    channel text not null,
    node text not null,
    state text not null,
    since timestamp with time zone not null,
    last_success timestamp with time zone,
    last_error text not null default ''::text,
    advice text not null default ''::text,
    progress jsonb,
    alarm boolean not null default false,
    constraint channel_status_pkey PRIMARY KEY (channel, node)
);

create table chat_sessions (
    id uuid not null,
    secret_hash bytea not null,
    widget text not null,
    name text not null default ''::text,
    email text not null default ''::text,
    contact_id uuid,
    conversation_id uuid,
    created_at timestamp with time zone not null default now(),
    seen_at timestamp with time zone not null default now(),
    received_seq bigint not null default 0,
    opened bigint not null default 1,
    left_at timestamp with time zone,
    constraint chat_sessions_pkey PRIMARY KEY (id),
    constraint chat_sessions_secret_hash_key UNIQUE (secret_hash),
    constraint chat_sessions_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
    constraint chat_sessions_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id)
);

create table clocks (
    id uuid not null,
    conversation_id uuid not null,
    metric text not null,
    policy text not null,
    policy_version bigint not null,
    tier integer not null,
    state text not null,
    started_at timestamp with time zone not null,
    due_at timestamp with time zone,
    met_at timestamp with time zone,
    breached_at timestamp with time zone,
    ended_at timestamp with time zone,
    target_us bigint not null,
    used_us bigint not null,
    counted_at timestamp with time zone not null,
    paused boolean not null,
    warnings jsonb not null,
    constraint clocks_pkey1 PRIMARY KEY (id),
    constraint clocks_conversation_id_fkey1 FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint clocks_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'breached'::text, 'met'::text, 'void'::text, 'superseded'::text])))
);
CREATE INDEX clocks_conversation ON clocks USING btree (conversation_id);

create table contacts (
    id uuid not null,
    account_id uuid not null,
    name text not null default ''::text,
    created_at timestamp with time zone not null default now(),
    folded text,
    constraint contacts_pkey PRIMARY KEY (id),
    constraint contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX contacts_account ON contacts USING btree (account_id);
CREATE INDEX contacts_name ON contacts USING btree ("left"(lower(name), 200), id);

create table conversation_facts (
    conversation_id uuid not null,
    facts jsonb not null,
    constraint conversation_facts_pkey PRIMARY KEY (conversation_id),
    constraint conversation_facts_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id)
);

create table conversations (
    id uuid not null,
    number bigint not null generated always as identity,
    account_id uuid not null,
    contact_id uuid not null,
    subject text not null default ''::text,
    channel text not null,
    status text not null default 'open'::text,
    priority text not null default 'normal'::text,
    inbox_id uuid not null,
    tier integer not null,
    assignee_id uuid,
    tags text[] not null default '{}'::text[],
    restricted boolean not null default false,
    path text[] not null default '{}'::text[],
    policy_version bigint not null default 0,
    reply_channel text not null,
    reply_to text not null default ''::text,
    reply_from text not null default ''::text,
    participants text[] not null default '{}'::text[],
    preview text not null default ''::text,
    last_inbound_at timestamp with time zone,
    last_reply_at timestamp with time zone,
    waiting_since timestamp with time zone,
    snoozed_until timestamp with time zone,
    resolved_at timestamp with time zone,
    merged_into uuid,
    last_seq bigint not null default 0,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    waiting_on text not null default 'us'::text,
    sla text not null default ''::text,
    segment text not null default ''::text,
    gap text not null default ''::text,
    due_at timestamp with time zone,
    check_at timestamp with time zone,
    service jsonb,
    constraint conversations_pkey PRIMARY KEY (id),
    constraint conversations_number_key UNIQUE (number),
    constraint conversations_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
    constraint conversations_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES agents(id),
    constraint conversations_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
    constraint conversations_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint conversations_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES conversations(id),
    constraint conversations_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    constraint conversations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'snoozed'::text, 'resolved'::text, 'closed'::text]))),
    constraint conversations_waiting_on CHECK ((waiting_on = ANY (ARRAY['us'::text, 'customer'::text, 'third-party'::text])))
);
CREATE INDEX conversations_absorbed ON conversations USING btree (merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX conversations_account ON conversations USING btree (account_id, updated_at DESC, id DESC);
CREATE INDEX conversations_account_open ON conversations USING btree (account_id) WHERE (status = 'open'::text);
CREATE INDEX conversations_assignee ON conversations USING btree (assignee_id, updated_at DESC, id DESC) WHERE (assignee_id IS NOT NULL);
CREATE INDEX conversations_channel ON conversations USING btree (channel, updated_at DESC, id DESC);
CREATE INDEX conversations_check ON conversations USING btree (check_at) WHERE (check_at IS NOT NULL);
CREATE INDEX conversations_contact ON conversations USING btree (contact_id, updated_at DESC, id DESC);
CREATE INDEX conversations_contact_resolved ON conversations USING btree (contact_id, resolved_at DESC) WHERE ((resolved_at IS NOT NULL) AND (merged_into IS NULL));
CREATE INDEX conversations_due ON conversations USING btree (COALESCE(due_at, 'infinity'::timestamp with time zone), updated_at DESC, id DESC) WHERE ((status = 'open'::text) AND (merged_into IS NULL));
CREATE INDEX conversations_gap ON conversations USING btree (gap, id) WHERE (gap <> ''::text);
CREATE INDEX conversations_inbox ON conversations USING btree (inbox_id, updated_at DESC, id DESC);
CREATE INDEX conversations_inbox_status ON conversations USING btree (inbox_id, status, updated_at DESC, id DESC);
CREATE INDEX conversations_load ON conversations USING btree (assignee_id, inbox_id) WHERE ((status = 'open'::text) AND (waiting_on = 'us'::text) AND (merged_into IS NULL) AND (assignee_id IS NOT NULL));
CREATE INDEX conversations_recent ON conversations USING btree (updated_at DESC, id DESC);
CREATE INDEX conversations_restricted ON conversations USING btree (account_id) WHERE restricted;
CREATE INDEX conversations_status ON conversations USING btree (status, updated_at DESC, id DESC);
CREATE INDEX conversations_tags ON conversations USING gin (tags) WHERE (tags <> '{}'::text[]);
CREATE INDEX conversations_tier ON conversations USING btree (tier, updated_at DESC, id DESC);
CREATE INDEX conversations_unassigned ON conversations USING btree (updated_at DESC, id DESC) WHERE (assignee_id IS NULL);
CREATE INDEX conversations_waiting ON conversations USING btree (inbox_id, due_at, (
CASE priority
    WHEN 'urgent'::text THEN 0
    WHEN 'high'::text THEN 1
    WHEN 'normal'::text THEN 2
    ELSE 3
END), waiting_since, id) WHERE ((status = 'open'::text) AND (waiting_on = 'us'::text) AND (assignee_id IS NULL) AND (merged_into IS NULL) AND ((service ->> 'held'::text) IS NULL));

create table deliveries (
    id uuid not null,
    message_id uuid not null,
    conversation_id uuid not null,
    channel text not null,
    recipient text not null,
    return_path text not null default ''::text,
    envelope_id text not null default ''::text,
    state text not null,
    attempts integer not null default 0,
    next_attempt_at timestamp with time zone not null,
    code integer not null default 0,
    enhanced_code text not null default ''::text,
    detail text not null default ''::text,
    lease_until timestamp with time zone,
    fence bigint not null default 0,
    settled boolean not null default false,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    owner uuid,
    content_started_at timestamp with time zone,
    on_hold boolean not null default false,
    period_at timestamp with time zone,
    period_attempts integer not null default 0,
    warned_at timestamp with time zone,
    destination text not null default ''::text,
    constraint deliveries_pkey PRIMARY KEY (id),
    constraint deliveries_once UNIQUE (message_id, recipient),
    constraint deliveries_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint deliveries_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint deliveries_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'held'::text, 'queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'delayed'::text, 'unknown'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX deliveries_conversation ON deliveries USING btree (conversation_id);
CREATE INDEX deliveries_destination ON deliveries USING btree (channel, destination, next_attempt_at) WHERE ((NOT settled) AND (NOT on_hold));
CREATE INDEX deliveries_due ON deliveries USING btree (channel, next_attempt_at) WHERE ((NOT settled) AND (NOT on_hold));
CREATE INDEX deliveries_outbox ON deliveries USING btree (id) WHERE ((channel = 'email'::text) AND (state <> ALL (ARRAY['sent'::text, 'delivered'::text, 'cancelled'::text])));
CREATE INDEX deliveries_recipient ON deliveries USING btree (lower(recipient), created_at);
CREATE INDEX deliveries_sending ON deliveries USING btree (owner) WHERE (state = 'sending'::text);

create table delivery_attempts (
    delivery_id uuid not null,
    attempt integer not null,
    at timestamp with time zone not null,
    state text not null,
    code integer not null default 0,
    enhanced_code text not null default ''::text,
    detail text not null default ''::text,
    id bigint not null generated always as identity,
    source text not null default 'attempt'::text,
    server text not null default ''::text,
    action text not null default ''::text,
    agent_id uuid,
    constraint delivery_attempts_pkey PRIMARY KEY (id),
    constraint delivery_attempts_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint delivery_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    constraint delivery_attempts_source CHECK ((source = ANY (ARRAY['attempt'::text, 'dsn'::text, 'copy'::text, 'client'::text, 'person'::text])))
);
CREATE INDEX delivery_attempts_delivery ON delivery_attempts USING btree (delivery_id, at);

create table destinations (
    name text not null,
    failures integer not null default 0,
    failing_since timestamp with time zone,
    blocked_until timestamp with time zone,
    paced_until timestamp with time zone,
    detail text not null default ''::text,
    constraint destinations_pkey PRIMARY KEY (name)
);

create table drafts (
    agent_id uuid not null,
    conversation_id uuid not null,
    kind text not null,
    text text not null,
    recipients jsonb,
    seen bigint not null,
    updated_at timestamp with time zone not null default now(),
    attachments uuid[] not null default '{}'::uuid[],
    constraint drafts_pkey PRIMARY KEY (agent_id, conversation_id, kind),
    constraint drafts_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint drafts_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE,
    constraint drafts_kind_check CHECK ((kind = ANY (ARRAY['reply'::text, 'note'::text, 'forward'::text])))
);
CREATE INDEX drafts_conversation ON drafts USING btree (conversation_id);

create table events (
    id bigint not null generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    at timestamp with time zone not null,
    conversation_id uuid,
    account_id uuid,
    seq bigint,
    kind text not null,
    actor text not null,
    data jsonb not null default '{}'::jsonb,
    subject_kind text not null default 'conversation'::text,
    subject_id text,
    version integer not null default 1,
    constraint events_pkey PRIMARY KEY (id),
    constraint events_seq UNIQUE (conversation_id, seq),
    constraint events_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint events_subject CHECK ( CASE WHEN (subject_kind = 'conversation'::text) THEN ((subject_id IS NULL) AND (conversation_id IS NOT NULL) AND (account_id IS NOT NULL) AND (seq IS NOT NULL)) ELSE ((COALESCE(subject_id, ''::text) <> ''::text) AND (conversation_id IS NULL) AND (account_id IS NULL) AND (seq IS NULL)) END),
    constraint events_subject_kind CHECK ((subject_kind = ANY (ARRAY['conversation'::text, 'agent'::text, 'policy'::text, 'channel'::text, 'account'::text, 'inbox'::text, 'webhook'::text, 'macro'::text, 'article'::text, 'root-cause'::text, 'advisory'::text]))),
    constraint events_version CHECK ((version > 0))
);
CREATE INDEX events_by_subject ON events USING btree (subject_id, subject_kind, id) WHERE (subject_kind <> 'conversation'::text);
CREATE INDEX events_tail ON events USING btree (xid, id);

create table help_events (
    visit uuid not null,
    at timestamp with time zone not null default now(),
    kind text not null,
    place text not null,
    article_id uuid,
    constraint help_events_once UNIQUE NULLS NOT DISTINCT (visit, kind, article_id),
    constraint help_events_article_id_fkey FOREIGN KEY (article_id) REFERENCES articles(id),
    constraint help_events_kind_check CHECK ((kind = ANY (ARRAY['shown'::text, 'opened'::text, 'helpful'::text, 'unhelpful'::text, 'wrote'::text]))),
    constraint help_events_place_check CHECK ((place = ANY (ARRAY['page'::text, 'widget'::text, 'form'::text, 'mail'::text])))
);
CREATE INDEX help_events_at ON help_events USING btree (at);

create table helpers (
    conversation_id uuid not null,
    agent_id uuid not null,
    invited_by uuid not null,
    since timestamp with time zone not null,
    constraint helpers_pkey PRIMARY KEY (conversation_id, agent_id),
    constraint helpers_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint helpers_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint helpers_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES agents(id)
);
CREATE INDEX helpers_agent ON helpers USING btree (agent_id, conversation_id);

create table holiday_sources (
    location text not null,
    content bytea not null,
    fetched_at timestamp with time zone not null default now(),
    constraint holiday_sources_pkey PRIMARY KEY (location)
);

create table idempotency_keys (
    agent_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    claim uuid not null,
    claimed_until timestamp with time zone not null,
    done boolean not null default false,
    status integer,
    headers jsonb,
    body bytea,
    expires_at timestamp with time zone not null,
    owner uuid,
    constraint idempotency_keys_pkey PRIMARY KEY (agent_id, key),
    constraint idempotency_keys_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys USING btree (expires_at);

create table identities (
    channel text not null,
    address text not null,
    contact_id uuid not null,
    trust text not null default 'claimed'::text,
    verified_at timestamp with time zone,
    constraint identities_pkey PRIMARY KEY (channel, address),
    constraint identities_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
    constraint identities_trust_check CHECK ((trust = ANY (ARRAY['claimed'::text, 'aligned'::text, 'verified'::text])))
);
CREATE INDEX identities_contact ON identities USING btree (contact_id);

create table imap_drafts (
    mailbox_id bigint not null,
    uid bigint not null,
    bytes bytea not null storage external,
    flags text[] not null default '{}'::text[],
    at timestamp with time zone not null default now(),
    gone boolean not null default false,
    modseq bigint not null,
    constraint imap_drafts_pkey PRIMARY KEY (mailbox_id, uid),
    constraint imap_drafts_mailbox_id_fkey FOREIGN KEY (mailbox_id) REFERENCES imap_mailboxes(id),
    constraint imap_drafts_uid_check CHECK (((uid >= 1) AND (uid <= '4294967295'::bigint)))
);
CREATE INDEX imap_drafts_modseq ON imap_drafts USING btree (mailbox_id, modseq);

create table imap_flags (
    agent_id uuid not null,
    conversation_id uuid not null,
    seq bigint not null,
    seen boolean,
    answered boolean not null default false,
    modseq bigint not null,
    constraint imap_flags_pkey PRIMARY KEY (agent_id, conversation_id, seq),
    constraint imap_flags_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint imap_flags_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
);
CREATE INDEX imap_flags_modseq ON imap_flags USING btree (agent_id, modseq);

create table imap_mailboxes (
    id bigint not null generated always as identity,
    kind text not null,
    inbox_id uuid,
    agent_id uuid,
    uid_next bigint not null default 1,
    modseq bigint not null default 1,
    constraint imap_mailboxes_pkey PRIMARY KEY (id),
    constraint imap_mailboxes_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint imap_mailboxes_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint imap_mailboxes_check CHECK ((((inbox_id IS NOT NULL) = (kind = 'inbox'::text)) AND ((agent_id IS NOT NULL) = (kind = ANY (ARRAY['assigned'::text, 'sent'::text, 'drafts'::text]))))),
    constraint imap_mailboxes_kind_check CHECK ((kind = ANY (ARRAY['inbox'::text, 'archive'::text, 'assigned'::text, 'sent'::text, 'drafts'::text]))),
    constraint imap_mailboxes_uid_next_check CHECK (((uid_next >= 1) AND (uid_next <= '4294967296'::bigint)))
);
CREATE INDEX imap_mailboxes_modseq ON imap_mailboxes USING btree (modseq);
CREATE UNIQUE INDEX imap_mailboxes_once ON imap_mailboxes USING btree (kind, inbox_id, agent_id) NULLS NOT DISTINCT;

create table imap_state (
    one boolean not null default true,
    xid xid8 not null default '0'::xid8,
    event bigint not null default 0,
    modseq bigint not null default 1,
    constraint imap_state_pkey PRIMARY KEY (one),
    constraint imap_state_one_check CHECK (one)
);

create table imap_texts (
    message_id uuid not null,
    masked boolean not null,
    bytes bytea not null storage external,
    constraint imap_texts_pkey PRIMARY KEY (message_id, masked),
    constraint imap_texts_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE CASCADE
);

create table imap_uids (
    mailbox_id bigint not null,
    uid bigint not null,
    conversation_id uuid not null,
    seq bigint not null,
    message_id uuid not null,
    author_id uuid,
    at timestamp with time zone not null,
    restricted boolean not null,
    flagged boolean not null,
    gone boolean not null default false,
    modseq bigint not null,
    constraint imap_uids_pkey PRIMARY KEY (mailbox_id, uid),
    constraint imap_uids_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint imap_uids_mailbox_id_fkey FOREIGN KEY (mailbox_id) REFERENCES imap_mailboxes(id),
    constraint imap_uids_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint imap_uids_uid_check CHECK (((uid >= 1) AND (uid <= '4294967295'::bigint)))
);
CREATE INDEX imap_uids_modseq ON imap_uids USING btree (mailbox_id, modseq);
CREATE UNIQUE INDEX imap_uids_once ON imap_uids USING btree (conversation_id, seq, mailbox_id) WHERE (NOT gone);

create table imap_users (
    agent_id uuid not null,
    epoch bigint not null default 1,
    rights text not null,
    modseq bigint not null default 1,
    constraint imap_users_pkey PRIMARY KEY (agent_id),
    constraint imap_users_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);

create table inboxes (
    id uuid not null,
    key text not null,
    name text not null,
    tier integer not null,
    archived boolean not null default false,
    constraint inboxes_pkey PRIMARY KEY (id),
    constraint inboxes_key_key UNIQUE (key),
    constraint inboxes_tier_fkey FOREIGN KEY (tier) REFERENCES tiers(tier)
);

create table macros (
    id uuid not null,
    name text not null,
    owner_id uuid,
    inboxes text[] not null default '{}'::text[],
    text text not null default ''::text,
    actions jsonb not null default '[]'::jsonb,
    uses bigint not null default 0,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    constraint macros_pkey PRIMARY KEY (id),
    constraint macros_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES agents(id)
);
CREATE UNIQUE INDEX macros_name ON macros USING btree (COALESCE(owner_id, '00000000-0000-0000-0000-000000000000'::uuid), lower(name));

create table mail_routes (
    sender text not null,
    destination text not null,
    constraint mail_routes_pkey PRIMARY KEY (sender)
);

create table mailbox_connections (
    channel text not null,
    folder text not null,
    connected_at timestamp with time zone,
    connected_validity bigint not null default 0,
    connected_uid_next bigint not null default 0,
    uid_validity bigint not null default 0,
    skipped bigint not null default 0,
    constraint mailbox_connections_pkey PRIMARY KEY (channel, folder)
);

create table mailbox_cursors (
    channel text not null,
    folder text not null,
    uid_validity bigint not null,
    last_uid bigint not null default 0,
    updated_at timestamp with time zone not null default now(),
    constraint mailbox_cursors_pkey PRIMARY KEY (channel, folder)
);

create table mailbox_leases (
    channel text not null,
    owner text not null,
    fence bigint not null,
    lease_until timestamp with time zone not null,
    constraint mailbox_leases_pkey PRIMARY KEY (channel)
);

create table mailbox_reconciliations (
    channel text not null,
    due_at timestamp with time zone not null,
    at timestamp with time zone,
    report jsonb,
    constraint mailbox_reconciliations_pkey PRIMARY KEY (channel)
);

create table messages (
    id uuid not null,
    account_id uuid not null,
    direction text not null,
    channel text not null,
    raw_id uuid,
    message_id text not null,
    in_reply_to text[] not null default '{}'::text[],
    refs text[] not null default '{}'::text[],
    addresses jsonb not null default '{}'::jsonb,
    from_address text not null default ''::text,
    subject text not null default ''::text,
    sent_at timestamp with time zone not null,
    received_at timestamp with time zone not null,
    preview text not null default ''::text,
    text_body text not null default ''::text,
    html_body text not null default ''::text,
    new_text text not null default ''::text,
    attachments jsonb not null default '[]'::jsonb,
    auto_submitted text not null default 'none'::text,
    list_id text not null default ''::text,
    report jsonb,
    problems jsonb not null default '[]'::jsonb,
    authentication jsonb,
    signature jsonb,
    author_id uuid,
    content bytea not null default '\x'::bytea,
    third_party boolean not null default false,
    constraint messages_pkey PRIMARY KEY (id),
    constraint messages_author_id_fkey FOREIGN KEY (author_id) REFERENCES agents(id),
    constraint messages_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text, 'note'::text])))
);
CREATE INDEX messages_from ON messages USING btree (from_address);
CREATE INDEX messages_message_id ON messages USING btree (message_id);
CREATE UNIQUE INDEX messages_once ON messages USING btree (message_id, account_id, content) WHERE (direction = 'inbound'::text);
CREATE INDEX messages_raw ON messages USING btree (raw_id) WHERE (raw_id IS NOT NULL);

create table mta_sts (
    domain text not null,
    id text not null,
    mode text not null,
    mx text[] not null,
    max_age bigint not null,
    fetched_at timestamp with time zone not null,
    constraint mta_sts_pkey PRIMARY KEY (domain),
    constraint mta_sts_mode_check CHECK ((mode = ANY (ARRAY['none'::text, 'testing'::text, 'enforce'::text])))
);

create table nodes (
    node text not null,
    seen_at timestamp with time zone not null,
    constraint nodes_pkey PRIMARY KEY (node)
);

create table notices (
    id uuid not null,
    agent_id uuid not null,
    conversation_id uuid,
    kind text not null,
    rule text not null,
    text text not null,
    at timestamp with time zone not null,
    acked_at timestamp with time zone,
    mail_at timestamp with time zone,
    mail_attempts integer not null default 0,
    mailed_at timestamp with time zone,
    mail_error text not null default ''::text,
    constraint notices_pkey PRIMARY KEY (agent_id, id),
    constraint notices_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint notices_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id)
);
CREATE INDEX notices_conversation ON notices USING btree (conversation_id);
CREATE INDEX notices_mail ON notices USING btree (at) WHERE ((acked_at IS NULL) AND (mailed_at IS NULL) AND (kind = ANY (ARRAY['escalation'::text, 'page'::text, 'rule-failed'::text, 'webhook'::text])));
CREATE INDEX notices_mailed ON notices USING btree (agent_id, mailed_at) WHERE (mailed_at IS NOT NULL);
CREATE INDEX notices_open ON notices USING btree (agent_id, at) WHERE (acked_at IS NULL);

create table oauth_tokens (
    name text not null,
    sealed bytea not null,
    updated_at timestamp with time zone not null default now(),
    constraint oauth_tokens_pkey PRIMARY KEY (name)
);

create table overflows (
    inbox_id uuid not null,
    since timestamp with time zone not null,
    constraint overflows_pkey PRIMARY KEY (inbox_id),
    constraint overflows_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id)
);

create table pilots (
    version bigint not null,
    base bigint not null,
    share integer not null,
    segment text not null default ''::text,
    reason text not null,
    started_at timestamp with time zone not null default now(),
    started_by text not null default ''::text,
    baseline_from timestamp with time zone not null,
    ended_at timestamp with time zone,
    ended_by text not null default ''::text,
    outcome text not null default ''::text,
    note text not null default ''::text,
    published bigint,
    constraint pilots_pkey PRIMARY KEY (version),
    constraint pilots_base_fkey FOREIGN KEY (base) REFERENCES policies(version),
    constraint pilots_published_fkey FOREIGN KEY (published) REFERENCES policies(version),
    constraint pilots_version_fkey FOREIGN KEY (version) REFERENCES policies(version),
    constraint pilots_check CHECK (((ended_at IS NULL) = (outcome = ''::text))),
    constraint pilots_outcome_check CHECK ((outcome = ANY (ARRAY[''::text, 'adopted'::text, 'withdrawn'::text, 'superseded'::text]))),
    constraint pilots_share_check CHECK (((share >= 1) AND (share <= 100)))
);
CREATE UNIQUE INDEX pilots_running ON pilots USING btree ((true)) WHERE (ended_at IS NULL);

create table placements (
    conversation_id uuid not null,
    seq bigint not null,
    message_id uuid not null,
    method text not null default ''::text,
    evidence text not null default ''::text,
    since timestamp with time zone not null,
    until timestamp with time zone,
    constraint placements_pkey PRIMARY KEY (conversation_id, seq),
    constraint placements_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint placements_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint placements_seq CHECK ((seq > 0)),
    constraint placements_until CHECK ((until >= since))
);
CREATE UNIQUE INDEX placements_current ON placements USING btree (message_id, conversation_id) WHERE (until IS NULL);
CREATE INDEX placements_past ON placements USING btree (message_id) WHERE (until IS NOT NULL);

create table policies (
    version bigint not null generated always as identity,
    document text not null,
    author text not null default ''::text,
    published_at timestamp with time zone not null default now(),
    reason text not null default ''::text,
    origin text not null,
    restores bigint,
    constraint policies_pkey PRIMARY KEY (version),
    constraint policies_restores_fkey FOREIGN KEY (restores) REFERENCES policies(version),
    constraint policies_origin_check CHECK ((origin = ANY (ARRAY['default'::text, 'file'::text, 'command'::text, 'api'::text, 'pilot'::text])))
);

create table quality_draws (
    week date not null,
    drawn_at timestamp with time zone not null default now(),
    constraint quality_draws_pkey PRIMARY KEY (week)
);

create table quality_reviews (
    id uuid not null,
    conversation_id uuid not null,
    week date not null,
    tier integer not null,
    inbox_id uuid not null,
    agent_id uuid not null,
    authors uuid[] not null,
    resolved_at timestamp with time zone not null,
    scores jsonb not null default '[]'::jsonb,
    note text not null default ''::text,
    reviewer_id uuid,
    done_at timestamp with time zone,
    updated_at timestamp with time zone not null default now(),
    constraint quality_reviews_pkey PRIMARY KEY (id),
    constraint quality_reviews_conversation_id_key UNIQUE (conversation_id),
    constraint quality_reviews_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint quality_reviews_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint quality_reviews_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint quality_reviews_reviewer_id_fkey FOREIGN KEY (reviewer_id) REFERENCES agents(id)
);
CREATE INDEX quality_reviews_agent ON quality_reviews USING btree (agent_id, done_at) WHERE (done_at IS NOT NULL);
CREATE INDEX quality_reviews_done ON quality_reviews USING btree (done_at, id) WHERE (done_at IS NOT NULL);
CREATE INDEX quality_reviews_open ON quality_reviews USING btree (resolved_at, id) WHERE (done_at IS NULL);

create table raw_duplicates (
    raw_id uuid not null,
    at timestamp with time zone not null default now(),
    constraint raw_duplicates_raw_id_fkey FOREIGN KEY (raw_id) REFERENCES raws(id)
);
CREATE INDEX raw_duplicates_raw ON raw_duplicates USING btree (raw_id);

create table raws (
    id uuid not null,
    arrival bigint not null generated always as identity,
    channel text not null,
    endpoint text not null,
    source_key text not null,
    envelope_from text not null default ''::text,
    envelope_to text[] not null default '{}'::text[],
    remote_addr text not null default ''::text,
    auth_results text not null default ''::text,
    received_at timestamp with time zone not null,
    size bigint not null,
    bytes bytea not null storage external,
    state text not null default 'pending'::text,
    attempts integer not null default 0,
    problem text not null default ''::text,
    next_at timestamp with time zone not null default now(),
    lease_until timestamp with time zone,
    fence bigint not null default 0,
    duplicates integer not null default 0,
    message_id uuid,
    same_as uuid,
    outgoing boolean not null default false,
    stream text not null default ''::text,
    owner uuid,
    history boolean not null default false,
    constraint raws_pkey PRIMARY KEY (id),
    constraint raws_source UNIQUE (channel, endpoint, source_key),
    constraint raws_same_as_fkey FOREIGN KEY (same_as) REFERENCES raws(id),
    constraint raws_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'processed'::text, 'quarantined'::text])))
);
CREATE INDEX raws_pending ON raws USING btree (((channel = 'email'::text)), arrival) WHERE (state = 'pending'::text);
CREATE INDEX raws_quarantined ON raws USING btree (arrival) WHERE (state = 'quarantined'::text);
CREATE INDEX raws_stream ON raws USING btree (stream, arrival) WHERE (state = 'pending'::text);
CREATE INDEX raws_undelivered ON raws USING btree (endpoint, next_at) WHERE ((state = 'quarantined'::text) AND (octet_length(bytes) = 0));

create table read_marks (
    agent_id uuid not null,
    conversation_id uuid not null,
    seq bigint not null,
    constraint read_marks_pkey PRIMARY KEY (agent_id, conversation_id),
    constraint read_marks_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint read_marks_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
);
CREATE INDEX read_marks_conversation ON read_marks USING btree (conversation_id);

create unlogged table remote_images (
    digest bytea not null,
    type text not null,
    bytes bytea not null storage external,
    fetched_at timestamp with time zone not null default now(),
    constraint remote_images_pkey PRIMARY KEY (digest)
);

create table renderings (
    message_id uuid not null,
    bytes bytea not null,
    constraint renderings_pkey PRIMARY KEY (message_id),
    constraint renderings_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id)
);

create table report_acknowledged (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_acknowledged_at_idx ON report_acknowledged USING btree (at);
CREATE INDEX report_acknowledged_conversation_id_idx ON report_acknowledged USING btree (conversation_id);

create table report_backlog (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_backlog_at_idx ON report_backlog USING btree (at);
CREATE INDEX report_backlog_conversation_id_idx ON report_backlog USING btree (conversation_id);

create table report_calendars (
    one boolean not null default true,
    digest text not null,
    since timestamp with time zone not null,
    until timestamp with time zone not null,
    constraint report_calendars_pkey PRIMARY KEY (one),
    constraint report_calendars_one_check CHECK (one)
);

create table report_clock (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_clock_at_idx ON report_clock USING btree (at);
CREATE INDEX report_clock_conversation_id_idx ON report_clock USING btree (conversation_id);

create table report_fcr (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_fcr_at_idx ON report_fcr USING btree (at);
CREATE INDEX report_fcr_conversation_id_idx ON report_fcr USING btree (conversation_id);

create table report_first_response (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_first_response_at_idx ON report_first_response USING btree (at);
CREATE INDEX report_first_response_conversation_id_idx ON report_first_response USING btree (conversation_id);

create table report_held (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_held_at_idx ON report_held USING btree (at);
CREATE INDEX report_held_conversation_id_idx ON report_held USING btree (conversation_id);

create table report_hours (
    inbox_id uuid not null,
    opens timestamp with time zone not null,
    closes timestamp with time zone not null,
    passed double precision not null,
    constraint report_hours_pkey PRIMARY KEY (inbox_id, opens),
    constraint report_hours_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id)
);

create table report_next_response (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_next_response_at_idx ON report_next_response USING btree (at);
CREATE INDEX report_next_response_conversation_id_idx ON report_next_response USING btree (conversation_id);

create table report_opened (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_opened_at_idx ON report_opened USING btree (at);
CREATE INDEX report_opened_conversation_id_idx ON report_opened USING btree (conversation_id);

create table report_others (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_others_at_idx ON report_others USING btree (at);
CREATE INDEX report_others_conversation_id_idx ON report_others USING btree (conversation_id);

create table report_resolution (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_resolution_at_idx ON report_resolution USING btree (at);
CREATE INDEX report_resolution_conversation_id_idx ON report_resolution USING btree (conversation_id);

create table report_resolved (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_resolved_at_idx ON report_resolved USING btree (at);
CREATE INDEX report_resolved_conversation_id_idx ON report_resolved USING btree (conversation_id);

create table report_routed (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_routed_at_idx ON report_routed USING btree (at);
CREATE INDEX report_routed_conversation_id_idx ON report_routed USING btree (conversation_id);

create table report_slots (
    kind text not null,
    slot timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    n bigint not null,
    value double precision not null
);
CREATE UNIQUE INDEX report_slots_key ON report_slots USING btree (kind, slot, COALESCE(inbox_id, '00000000-0000-0000-0000-000000000000'::uuid), COALESCE(tier, '-1'::integer), COALESCE(agent_id, '00000000-0000-0000-0000-000000000000'::uuid), segment, channel);

create table report_spent (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_spent_at_idx ON report_spent USING btree (at);
CREATE INDEX report_spent_conversation_id_idx ON report_spent USING btree (conversation_id);

create table report_state (
    one boolean not null default true,
    xid xid8 not null,
    event_id bigint not null,
    constraint report_state_pkey PRIMARY KEY (one),
    constraint report_state_one_check CHECK (one)
);

create table report_subscribers (
    report_id uuid not null,
    agent_id uuid not null,
    added_by uuid not null,
    since timestamp with time zone not null default now(),
    done date,
    mail_at timestamp with time zone,
    attempts integer not null default 0,
    sending boolean not null default false,
    sent_at timestamp with time zone,
    failure text not null default ''::text,
    constraint report_subscribers_pkey PRIMARY KEY (report_id, agent_id),
    constraint report_subscribers_added_by_fkey FOREIGN KEY (added_by) REFERENCES agents(id),
    constraint report_subscribers_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint report_subscribers_report_id_fkey FOREIGN KEY (report_id) REFERENCES saved_reports(id) ON DELETE CASCADE
);
CREATE INDEX report_subscribers_agent ON report_subscribers USING btree (agent_id);

create table report_waited (
    kind text not null,
    conversation_id uuid not null,
    at timestamp with time zone not null,
    inbox_id uuid,
    tier integer,
    agent_id uuid,
    segment text not null,
    channel text not null,
    detail text not null,
    outcome text not null,
    value double precision,
    business double precision,
    promised double precision,
    handoffs integer,
    reassignments integer,
    tags text[],
    words text[],
    agent_spent double precision,
    agent_spent_business double precision,
    agent_waited double precision,
    agent_waited_business double precision,
    tier_spent double precision,
    tier_spent_business double precision,
    tier_waited double precision,
    tier_waited_business double precision,
    inbox_spent double precision,
    inbox_spent_business double precision,
    inbox_waited double precision,
    inbox_waited_business double precision
);
CREATE INDEX report_waited_at_idx ON report_waited USING btree (at);
CREATE INDEX report_waited_conversation_id_idx ON report_waited USING btree (conversation_id);

create table root_cause_conversations (
    root_cause_id uuid not null,
    conversation_id uuid not null,
    linked_by uuid not null,
    linked_at timestamp with time zone not null default now(),
    constraint root_cause_conversations_pkey PRIMARY KEY (root_cause_id, conversation_id),
    constraint root_cause_conversations_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint root_cause_conversations_linked_by_fkey FOREIGN KEY (linked_by) REFERENCES agents(id),
    constraint root_cause_conversations_root_cause_id_fkey FOREIGN KEY (root_cause_id) REFERENCES root_causes(id)
);
CREATE INDEX root_cause_conversations_conversation ON root_cause_conversations USING btree (conversation_id);

create table root_cause_recipients (
    update_id uuid not null,
    conversation_id uuid not null,
    state text not null default 'waiting'::text,
    at timestamp with time zone not null,
    attempts integer not null default 0,
    answered_id uuid,
    message_id uuid,
    reason text not null default ''::text,
    constraint root_cause_recipients_pkey PRIMARY KEY (update_id, conversation_id),
    constraint root_cause_recipients_answered_id_fkey FOREIGN KEY (answered_id) REFERENCES conversations(id),
    constraint root_cause_recipients_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint root_cause_recipients_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint root_cause_recipients_update_id_fkey FOREIGN KEY (update_id) REFERENCES root_cause_updates(id),
    constraint root_cause_recipients_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'skipped'::text, 'cancelled'::text])))
);
CREATE INDEX root_cause_recipients_due ON root_cause_recipients USING btree (at) WHERE (state = 'waiting'::text);
CREATE UNIQUE INDEX root_cause_recipients_once ON root_cause_recipients USING btree (update_id, answered_id) WHERE (state = 'sent'::text);

create table root_cause_updates (
    id uuid not null,
    root_cause_id uuid not null,
    body text not null,
    following text not null default ''::text,
    author_id uuid not null,
    left_out integer not null,
    created_at timestamp with time zone not null default now(),
    send_at timestamp with time zone not null,
    constraint root_cause_updates_pkey PRIMARY KEY (id),
    constraint root_cause_updates_author_id_fkey FOREIGN KEY (author_id) REFERENCES agents(id),
    constraint root_cause_updates_root_cause_id_fkey FOREIGN KEY (root_cause_id) REFERENCES root_causes(id),
    constraint root_cause_updates_following_check CHECK ((following = ANY (ARRAY[''::text, 'pending'::text, 'resolved'::text])))
);
CREATE INDEX root_cause_updates_of ON root_cause_updates USING btree (root_cause_id, created_at);

create table root_causes (
    id uuid not null,
    title text not null,
    state text not null default 'open'::text,
    note text not null default ''::text,
    url text not null default ''::text,
    created_by uuid not null,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    fixed_at timestamp with time zone,
    constraint root_causes_pkey PRIMARY KEY (id),
    constraint root_causes_created_by_fkey FOREIGN KEY (created_by) REFERENCES agents(id),
    constraint root_causes_fixed CHECK (((state = 'fixed'::text) = (fixed_at IS NOT NULL))),
    constraint root_causes_state_check CHECK ((state = ANY (ARRAY['open'::text, 'fixed'::text])))
);
CREATE INDEX root_causes_order ON root_causes USING btree (updated_at DESC, id);

create table runbook_steps (
    conversation_id uuid not null,
    article_id uuid not null,
    step text not null,
    agent_id uuid not null,
    done_at timestamp with time zone not null default now(),
    constraint runbook_steps_pkey PRIMARY KEY (conversation_id, article_id, step),
    constraint runbook_steps_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id),
    constraint runbook_steps_article_id_fkey FOREIGN KEY (article_id) REFERENCES articles(id),
    constraint runbook_steps_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id)
);

create table saved_reports (
    id uuid not null,
    name text not null,
    owner_id uuid not null,
    scope text not null,
    measures text[] not null,
    period text not null,
    grouping text not null default ''::text,
    business boolean not null default false,
    tz text not null,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    constraint saved_reports_pkey PRIMARY KEY (id),
    constraint saved_reports_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES agents(id),
    constraint saved_reports_scope_check CHECK ((scope = ANY (ARRAY['own'::text, 'team'::text, 'all'::text])))
);
CREATE UNIQUE INDEX saved_reports_name ON saved_reports USING btree (owner_id, lower(name));

create table saved_views (
    id uuid not null,
    name text not null,
    owner_id uuid not null,
    scope text not null,
    q text not null,
    sort text not null,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    constraint saved_views_pkey PRIMARY KEY (id),
    constraint saved_views_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES agents(id),
    constraint saved_views_scope_check CHECK ((scope = ANY (ARRAY['own'::text, 'team'::text, 'all'::text])))
);
CREATE UNIQUE INDEX saved_views_name ON saved_views USING btree (owner_id, lower(name));

create table schema_functions (
    checksum text not null
);

create table schema_migrations (
    version integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamp with time zone not null default now(),
    constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table search_backlog (
    below uuid not null,
    one boolean not null default true,
    constraint search_backlog_pkey PRIMARY KEY (one),
    constraint search_backlog_one_check CHECK (one)
);

create table search_blocks (
    block integer not null generated always as identity,
    conversations bytea not null storage plain,
    constraint search_blocks_pkey PRIMARY KEY (block)
);

create table search_postings (
    bucket integer not null,
    block integer not null,
    postings bytea not null storage plain,
    constraint search_postings_pkey PRIMARY KEY (bucket, block)
);

create table search_texts (
    message_id uuid not null,
    block integer,
    sender text not null,
    text text not null,
    constraint search_texts_pkey PRIMARY KEY (message_id)
);
CREATE INDEX search_texts_fresh ON search_texts USING btree (message_id) WHERE (block IS NULL);

create table secrets (
    name text not null,
    value bytea not null,
    constraint secrets_pkey PRIMARY KEY (name)
);

create table separations (
    conversation_id uuid not null,
    other_id uuid not null,
    since timestamp with time zone not null default now(),
    constraint separations_pkey PRIMARY KEY (conversation_id, other_id),
    constraint separations_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint separations_other_id_fkey FOREIGN KEY (other_id) REFERENCES conversations(id)
);

create table stints (
    id uuid not null,
    conversation_id uuid not null,
    inbox_id uuid not null,
    tier integer not null,
    assignee_id uuid,
    waiting_on text not null,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    reason text not null,
    constraint stints_pkey PRIMARY KEY (id),
    constraint stints_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES agents(id),
    constraint stints_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint stints_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint stints_waiting_on_check CHECK ((waiting_on = ANY (ARRAY['us'::text, 'customer'::text, 'third-party'::text])))
);
CREATE INDEX stints_conversation ON stints USING btree (conversation_id, started_at);
CREATE UNIQUE INDEX stints_running ON stints USING btree (conversation_id) WHERE (ended_at IS NULL);
CREATE INDEX stints_turns ON stints USING btree (inbox_id, assignee_id, started_at) WHERE (reason = 'assigned'::text);

create table surveys (
    id uuid not null,
    conversation_id uuid not null,
    message_id uuid not null,
    contact_id uuid not null,
    inbox_id uuid not null,
    assignee_id uuid,
    address text not null,
    kind text not null,
    scale integer not null,
    sent_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    score integer,
    comment text not null default ''::text,
    answered_at timestamp with time zone,
    constraint surveys_pkey PRIMARY KEY (id),
    constraint surveys_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES agents(id),
    constraint surveys_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
    constraint surveys_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint surveys_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint surveys_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
    constraint surveys_check CHECK (((score >= 1) AND (score <= scale))),
    constraint surveys_kind_check CHECK ((kind = ANY (ARRAY['csat'::text, 'effort'::text]))),
    constraint surveys_scale_check CHECK (((scale >= 2) AND (scale <= 7)))
);
CREATE INDEX surveys_answered ON surveys USING btree (answered_at) WHERE (answered_at IS NOT NULL);
CREATE INDEX surveys_contact ON surveys USING btree (contact_id, sent_at);
CREATE INDEX surveys_message ON surveys USING btree (message_id);
CREATE UNIQUE INDEX surveys_once ON surveys USING btree (conversation_id, address, kind);
CREATE INDEX surveys_sent ON surveys USING btree (sent_at);

create table target_reviews (
    quarter text not null,
    at timestamp with time zone not null default now(),
    constraint target_reviews_pkey PRIMARY KEY (quarter)
);

create table tasks (
    id uuid not null,
    conversation_id uuid not null,
    inbox_id uuid not null,
    title text not null,
    note text not null,
    state text not null,
    assignee_id uuid,
    opened_by uuid not null,
    due_in_us bigint not null,
    due_at timestamp with time zone,
    overdue_at timestamp with time zone,
    result text not null,
    result_id uuid,
    opened_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    closed_by uuid,
    moved_from uuid[] not null default '{}'::uuid[],
    constraint tasks_pkey PRIMARY KEY (id),
    constraint tasks_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES agents(id),
    constraint tasks_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES agents(id),
    constraint tasks_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint tasks_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id),
    constraint tasks_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES agents(id),
    constraint tasks_result_id_fkey FOREIGN KEY (result_id) REFERENCES messages(id),
    constraint tasks_state_check CHECK ((state = ANY (ARRAY['open'::text, 'in_progress'::text, 'done'::text, 'cancelled'::text])))
);
CREATE INDEX tasks_assignee ON tasks USING btree (assignee_id) WHERE (state = ANY (ARRAY['open'::text, 'in_progress'::text]));
CREATE INDEX tasks_conversation ON tasks USING btree (conversation_id, id);
CREATE INDEX tasks_due ON tasks USING btree (COALESCE(due_at, 'infinity'::timestamp with time zone), id) WHERE (state = ANY (ARRAY['open'::text, 'in_progress'::text]));
CREATE INDEX tasks_ended ON tasks USING btree (state, COALESCE(due_at, 'infinity'::timestamp with time zone), id) WHERE (state = ANY (ARRAY['done'::text, 'cancelled'::text]));
CREATE INDEX tasks_inbox ON tasks USING btree (inbox_id) WHERE (state = ANY (ARRAY['open'::text, 'in_progress'::text]));

create table thread_refs (
    message_id text not null,
    conversation_id uuid not null,
    account_id uuid not null,
    own boolean not null,
    constraint thread_refs_pkey PRIMARY KEY (message_id, conversation_id),
    constraint thread_refs_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id)
);
CREATE INDEX thread_refs_conversation ON thread_refs USING btree (conversation_id);

create table tiers (
    tier integer not null,
    name text not null,
    constraint tiers_pkey PRIMARY KEY (tier)
);

create table undos (
    id uuid not null,
    agent_id uuid not null,
    reversals jsonb not null,
    at timestamp with time zone not null default now(),
    undone_at timestamp with time zone,
    constraint undos_pkey PRIMARY KEY (id),
    constraint undos_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);
CREATE INDEX undos_at ON undos USING btree (at);

create table uploads (
    id uuid not null,
    agent_id uuid not null,
    name text not null,
    type text not null,
    picture text not null,
    sha256 text not null,
    size bigint not null,
    bytes bytea not null storage external,
    created_at timestamp with time zone not null default now(),
    constraint uploads_pkey PRIMARY KEY (id),
    constraint uploads_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE
);
CREATE INDEX uploads_created_at ON uploads USING btree (created_at);

create table webhook_deliveries (
    id uuid not null,
    webhook_id uuid not null,
    message_id text not null,
    type text not null,
    conversation_id uuid,
    seq bigint not null default 0,
    body text not null,
    state text not null default 'pending'::text,
    created_at timestamp with time zone not null default now(),
    since timestamp with time zone not null default now(),
    attempts integer not null default 0,
    next_at timestamp with time zone not null default now(),
    last_at timestamp with time zone,
    status integer not null default 0,
    latency_ms integer not null default 0,
    response text not null default ''::text,
    error text not null default ''::text,
    constraint webhook_deliveries_pkey PRIMARY KEY (id),
    constraint webhook_deliveries_once UNIQUE (webhook_id, message_id),
    constraint webhook_deliveries_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id),
    constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE,
    constraint webhook_deliveries_state CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_deliveries_conversation ON webhook_deliveries USING btree (conversation_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries USING btree (webhook_id, next_at) WHERE (state = 'pending'::text);
CREATE INDEX webhook_deliveries_list ON webhook_deliveries USING btree (webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_old ON webhook_deliveries USING btree (created_at) WHERE (state <> 'pending'::text);
CREATE INDEX webhook_deliveries_order ON webhook_deliveries USING btree (webhook_id, conversation_id, seq) WHERE (state = 'pending'::text);

create table webhooks (
    id uuid not null,
    url text not null,
    description text not null default ''::text,
    types text[] not null default '{}'::text[],
    inboxes text[] not null default '{}'::text[],
    restricted boolean not null default false,
    enabled boolean not null default true,
    disabled_at timestamp with time zone,
    problem text not null default ''::text,
    secret bytea not null,
    former_secret bytea,
    former_until timestamp with time zone,
    xid xid8 not null,
    event_id bigint not null,
    paused_until timestamp with time zone,
    failing_since timestamp with time zone,
    last_success_at timestamp with time zone,
    created_at timestamp with time zone not null default now(),
    updated_at timestamp with time zone not null default now(),
    constraint webhooks_pkey PRIMARY KEY (id)
);

create function address_texts(addresses jsonb) returns jsonb language sql immutable;
create function agent_inboxes(a agents) returns uuid[] language sql stable parallel safe;
create function chat_lines(session uuid, conversation uuid, after bigint) returns TABLE(conversation_id uuid, seq bigint, id text, from_visitor boolean, agent text, text text, at timestamp with time zone) language sql stable;
create function conversation_points(ids uuid[]) returns SETOF report_points language sql stable;
create function delivery_destination(channel text, recipient text, sender text) returns text language sql stable;
create function delivery_postponed(blocked_until timestamp with time zone, since timestamp with time zone, warned_at timestamp with time zone, warn double precision, give_up double precision) returns timestamp with time zone language sql stable;
create function draft_files(d drafts) returns jsonb language sql stable;
create function imap_wanted(conversation uuid) returns TABLE(mailbox_id bigint, seq bigint, message_id uuid, author_id uuid, outbound boolean, at timestamp with time zone, restricted boolean, flagged boolean) language sql stable;
create function may_read(restricted boolean, tier integer, inbox uuid, inboxes uuid[], tiers integer[]) returns boolean language sql immutable parallel safe;
create function open_seconds(i integer, t timestamp with time zone, opens timestamp with time zone[], closes timestamp with time zone[], passed double precision[]) returns double precision language sql immutable parallel safe;
create function outbox_part(state text, on_hold boolean) returns text language sql immutable;
create function read_snapshot(scope_addresses text[], scope_domains text[], channels text[], addresses text[], domains text[], sessions uuid[], tokens uuid[], message_ids text[], own_ids text[], reported text[], authors text[], recent_channels text[], recent_addresses text[], recent_cites text[], opens boolean, failed_addresses text[], failed_envelopes uuid[], failed_conversations uuid[]) returns json language plpgsql volatile;
create function report_slots_change() returns trigger language plpgsql volatile;
create function restore_uploads(message uuid, OUT files uuid[], OUT draft text) returns record language plpgsql volatile;
create function subject_words(subject text) returns text[] language sql immutable parallel safe;
create function unreachable(address text) returns jsonb language sql stable;
create function write_changes(changes jsonb, texts text[], blobs bytea[], OUT numbers bigint[], OUT raws_lost integer, OUT deliveries_lost integer) returns record language plpgsql volatile;
create sequence fences;
create view contact_names (id uuid, account_id uuid, name text, address text);
create view report_stale (conversation_id uuid);

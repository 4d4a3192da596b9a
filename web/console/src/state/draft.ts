// The browser's copy of an agent's drafts, one per conversation and kind. It keeps
// every key stroke, so that closing a tab or a lost connection never loses text;
// sync.ts keeps the copy on the server.

export type Kind = 'reply' | 'note';
/** What is kept: also mail to third parties, which has a composer of its own. */
export type Kept = Kind | 'forward';

export interface Draft {
  text: string;
  /** Number of the newest message the author had seen. */
  seen: number;
  at: number;
  /** The chosen recipients; absent: those of a reply to everyone. */
  to?: string[];
  cc?: string[];
  bcc?: string[];
  /** The version on the server that it continues (its updated_at); absent: none. */
  version?: string;
  /** The server has this text. */
  saved?: boolean;
}

const PREFIX = 'switchboard.draft.';
const KEEP = 30 * 24 * 60 * 60 * 1000;

export class Drafts {
  /** Whose drafts are read and written; several agents may use one browser. */
  agent = '';

  constructor(private readonly storage: Storage, private readonly now: () => number = Date.now) {}

  read(conversation: string, kind: Kept): Draft | null {
    const text = this.storage.getItem(this.key(conversation, kind));
    if (!text) return null;
    try {
      const draft = JSON.parse(text) as Draft;
      return typeof draft.text === 'string' && draft.text !== '' ? draft : null;
    } catch {
      return null;
    }
  }

  /** Saves the text; an empty text removes the draft. False when the storage is full. */
  write(conversation: string, kind: Kept, text: string, seen: number, more: Pick<Draft, 'to' | 'cc' | 'bcc'> = {}): boolean {
    if (text.trim() === '') {
      this.remove(conversation, kind);
      return true;
    }
    const version = this.read(conversation, kind)?.version;
    return this.put(conversation, kind, { text, seen, at: this.now(), ...(version !== undefined && { version }), ...more });
  }

  put(conversation: string, kind: Kept, draft: Draft): boolean {
    try {
      this.storage.setItem(this.key(conversation, kind), JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  remove(conversation: string, kind: Kept): void {
    this.storage.removeItem(this.key(conversation, kind));
  }

  /** The agent's drafts. */
  all(): { conversation: string; kind: Kept; draft: Draft }[] {
    const own = this.key('', 'reply').slice(0, -'.reply'.length);
    return this.names().filter((name) => name.startsWith(own)).flatMap((name) => {
      const dot = name.lastIndexOf('.');
      const conversation = name.slice(own.length, dot);
      const kind = name.slice(dot + 1) as Kept;
      const draft = conversation.includes('.') ? null : this.read(conversation, kind);
      return draft ? [{ conversation, kind, draft }] : [];
    });
  }

  /** The conversations that have a draft of any kind. */
  conversations(): Set<string> {
    return new Set(this.all().map((one) => one.conversation));
  }

  /** Removes drafts older than 30 days. */
  sweep(): void {
    for (const name of this.names()) {
      try {
        const draft = JSON.parse(this.storage.getItem(name) ?? '') as Draft;
        if (draft.at > this.now() - KEEP) continue;
      } catch {
        // not readable: remove it
      }
      this.storage.removeItem(name);
    }
  }

  private key(conversation: string, kind: Kept): string {
    return `${PREFIX}${this.agent ? `${this.agent}.` : ''}${conversation}.${kind}`;
  }

  private names(): string[] {
    const out: string[] = [];
    for (let i = 0; i < this.storage.length; i++) {
      const name = this.storage.key(i);
      if (name?.startsWith(PREFIX)) out.push(name);
    }
    return out;
  }
}

// Drafts are kept in the browser's storage, one per conversation and kind, so that
// closing a tab or a failed send never loses text.

export type Kind = 'reply' | 'note';

export interface Draft {
  text: string;
  /** Number of the newest message the author had seen. */
  seen: number;
  at: number;
}

const PREFIX = 'switchboard.draft.';
const KEEP = 30 * 24 * 60 * 60 * 1000;

const key = (conversation: string, kind: Kind) => `${PREFIX}${conversation}.${kind}`;

export class Drafts {
  constructor(private readonly storage: Storage, private readonly now: () => number = Date.now) {}

  read(conversation: string, kind: Kind): Draft | null {
    const text = this.storage.getItem(key(conversation, kind));
    if (!text) return null;
    try {
      const draft = JSON.parse(text) as Draft;
      return typeof draft.text === 'string' && draft.text !== '' ? draft : null;
    } catch {
      return null;
    }
  }

  /** Saves the text; an empty text removes the draft. False when the storage is full. */
  write(conversation: string, kind: Kind, text: string, seen: number): boolean {
    if (text.trim() === '') {
      this.remove(conversation, kind);
      return true;
    }
    try {
      const draft: Draft = { text, seen, at: this.now() };
      this.storage.setItem(key(conversation, kind), JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  remove(conversation: string, kind: Kind): void {
    this.storage.removeItem(key(conversation, kind));
  }

  /** The conversations that have a draft of any kind. */
  conversations(): Set<string> {
    const out = new Set<string>();
    for (const name of this.names()) out.add(name.slice(PREFIX.length, name.lastIndexOf('.')));
    return out;
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

  private names(): string[] {
    const out: string[] = [];
    for (let i = 0; i < this.storage.length; i++) {
      const name = this.storage.key(i);
      if (name?.startsWith(PREFIX)) out.push(name);
    }
    return out;
  }
}

// One registry of keys: it feeds the handler, the help dialog, tooltips and
// aria-keyshortcuts. Keys match on event.key, so they follow the keyboard's
// layout; Alt is never used, because layouts need it to type.

export interface Binding {
  /** "j", "?", "Escape", "g m" (a sequence), "Mod+Enter" (Ctrl or ⌘). */
  keys: string;
  group: 'list' | 'thread' | 'go' | 'general';
  /** What it does, for the help dialog. */
  label: string;
  run: () => void;
  /** Works while a field has the focus too. */
  inFields?: boolean;
  /** Says whether it applies now; always when absent. */
  when?: () => boolean;
}

/** The part of a KeyboardEvent that matters, so that the matching can be tested without a browser. */
export interface Stroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
}

const SEQUENCE_MS = 1200;

/** The name of a stroke: "j", "Mod+Enter", "Escape". Empty for what no binding may use. */
export function strokeName(stroke: Stroke): string {
  // An input method is composing: the key belongs to it.
  if (stroke.isComposing || stroke.altKey || stroke.key === 'Process' || stroke.key === 'Dead') return '';
  const mod = stroke.ctrlKey || stroke.metaKey;
  if (mod) return `Mod+${stroke.key.length === 1 ? stroke.key.toLowerCase() : stroke.key}`;
  return stroke.key;
}

export class Keys {
  private bindings: Binding[] = [];
  private pending = '';
  private pendingAt = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Adds bindings; the returned function takes them away again. Later ones win. */
  add(bindings: Binding[]): () => void {
    this.bindings.push(...bindings);
    return () => {
      this.bindings = this.bindings.filter((binding) => !bindings.includes(binding));
    };
  }

  list(): readonly Binding[] {
    return this.bindings;
  }

  /** Handles a stroke; true when a binding took it. */
  press(stroke: Stroke, inField: boolean): boolean {
    const name = strokeName(stroke);
    if (name === '' || name === 'Shift' || name.startsWith('Mod+Control') || name.startsWith('Mod+Meta')) return false;
    const fresh = this.now() - this.pendingAt < SEQUENCE_MS;
    const sequence = this.pending && fresh && !inField ? `${this.pending} ${name}` : '';
    this.pending = '';
    const taken = (sequence && this.find(sequence, inField)) || this.find(name, inField);
    if (taken) {
      taken.run();
      return true;
    }
    if (!inField && this.bindings.some((binding) => binding.keys.startsWith(name + ' '))) {
      this.pending = name;
      this.pendingAt = this.now();
      return true;
    }
    return false;
  }

  private find(keys: string, inField: boolean): Binding | undefined {
    return this.bindings.findLast(
      (binding) => binding.keys === keys && (!inField || binding.inFields) && (binding.when?.() ?? true),
    );
  }
}

/** The keys as people read them: "⌘ ↵" on a Mac, "Ctrl ↵" elsewhere. */
export function caps(keys: string, mac: boolean): string[] {
  return keys.split(/[ +]/).map((key) => {
    switch (key) {
      case 'Mod': return mac ? '⌘' : 'Ctrl';
      case 'Enter': return '↵';
      case 'Escape': return 'Esc';
      default: return key;
    }
  });
}

/** The form that aria-keyshortcuts wants; it has no way to name a sequence. */
export function ariaKeys(keys: string): string | undefined {
  if (keys.includes(' ')) return undefined;
  return keys.startsWith('Mod+') ? `Control+${keys.slice(4)} Meta+${keys.slice(4)}` : keys;
}

/** Whether typing goes into this element. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
}

// The registry of shortcuts, used by the key handler, the help dialog, tooltips
// and aria-keyshortcuts. Shortcuts match event.key and so follow the keyboard
// layout; Alt is never used, because layouts need it for typing.
import { signal } from '@preact/signals';
import { chosenKeys, keysOf } from './keymap';

/** Shortcuts of a single character are turned off (WCAG 2.1.4). */
export const lettersOff = signal(globalThis.localStorage?.getItem('switchboard.keys') === 'off');

export function setLetters(on: boolean): void {
  lettersOff.value = !on;
  localStorage.setItem('switchboard.keys', on ? 'on' : 'off');
}

export interface Binding {
  /** Its name in the stored choices. */
  action: string;
  /** "j", "?", "Escape", "g m" (a sequence), "Mod+Enter" (Ctrl or ⌘), unless the agent has chosen another. */
  keys: string;
  group: 'list' | 'thread' | 'go' | 'general';
  /** What it does, for the help dialog. */
  label: string;
  run: () => void;
  /** Also active while a field has the focus. */
  inFields?: boolean;
  /** Whether it applies now; absent: always. */
  when?: () => boolean;
}

/** The relevant part of a KeyboardEvent, so that matching can be tested without a browser. */
export interface Stroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
}

const SEQUENCE_MS = 1200;

/** The name of a stroke: "j", "Mod+Enter", "Escape". Empty for strokes no binding may use. */
export function strokeName(stroke: Stroke): string {
  // The key belongs to an input method that is composing.
  if (stroke.isComposing || stroke.altKey || stroke.key === 'Process' || stroke.key === 'Dead') return '';
  const mod = stroke.ctrlKey || stroke.metaKey;
  if (mod) return `Mod+${stroke.key.length === 1 ? stroke.key.toLowerCase() : stroke.key}`;
  return stroke.key;
}

/** The name of a stroke that is being chosen; null while only modifiers are held. */
export function chosenStroke(stroke: Stroke): string | null {
  return ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock'].includes(stroke.key) ? null : strokeName(stroke);
}

/** Whether keys begin with a single character, which speech input and stray hands can trigger. */
export function isLetter(keys: string): boolean {
  return [...(keys.split(' ')[0] ?? '')].length === 1;
}

export class Keys {
  private bindings: Binding[] = [];
  private pending = '';
  private pendingAt = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Adds bindings and returns a function that removes them. Later bindings take precedence. */
  add(bindings: Binding[]): () => void {
    this.bindings.push(...bindings);
    return () => {
      this.bindings = this.bindings.filter((binding) => !bindings.includes(binding));
    };
  }

  list(): readonly Binding[] {
    return this.bindings;
  }

  /** The binding of an action. */
  of(action: string): Binding | undefined {
    return this.bindings.findLast((binding) => binding.action === action);
  }

  /** Handles a stroke; true when a binding matched. */
  press(stroke: Stroke, inField: boolean): boolean {
    const name = strokeName(stroke);
    if (name === '' || name === 'Shift' || name.startsWith('Mod+Control') || name.startsWith('Mod+Meta')) return false;
    const fresh = this.now() - this.pendingAt < SEQUENCE_MS;
    const sequence = this.pending && fresh && !inField ? `${this.pending} ${name}` : '';
    this.pending = '';
    const matched = (sequence && this.find(sequence, inField)) || this.find(name, inField);
    if (matched) {
      matched.run();
      return true;
    }
    if (!inField && this.bindings.some((binding) => keysOf(binding).startsWith(name + ' '))) {
      this.pending = name;
      this.pendingAt = this.now();
      return true;
    }
    return false;
  }

  private find(keys: string, inField: boolean): Binding | undefined {
    const fits = this.bindings.filter(
      (binding) => keysOf(binding) === keys && (!inField || binding.inFields) && (binding.when?.() ?? true),
    );
    // A key that the agent chose stays theirs if a later version uses it for something else.
    return fits.findLast((binding) => binding.action in chosenKeys.value) ?? fits.at(-1);
  }
}

/** The key labels: "⌘ ↵" on a Mac, "Ctrl ↵" elsewhere. */
export function caps(keys: string, mac: boolean): string[] {
  return keys.split(' ').flatMap((stroke) => (stroke.startsWith('Mod+') ? ['Mod', stroke.slice(4)] : [stroke])).map((key) => {
    switch (key) {
      case 'Mod': return mac ? '⌘' : 'Ctrl';
      case 'Enter': return '↵';
      case 'Escape': return 'Esc';
      default: return key;
    }
  });
}

/** The aria-keyshortcuts form (WAI-ARIA 1.2 §6.6); it cannot express sequences. */
export function ariaKeys(keys: string): string | undefined {
  if (keys.includes(' ')) return undefined;
  const mod = keys.startsWith('Mod+');
  let key = mod ? keys.slice(4) : keys;
  if (key === '+') key = 'Plus';
  else if (key.length === 1 && key !== key.toLowerCase()) key = `Shift+${key}`;
  return mod ? `Control+${key} Meta+${key}` : key;
}

/** Whether the element accepts text input. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
}

// All keyboard shortcuts of the console.
import { assign, current, setStatus } from '../state/actions';
import { go, inboxes, markUnread, me, neighbour, openConversation, place } from '../state/desk';
import { dialog } from '../state/dialog';
import { isField, Keys, lettersOff, type Binding } from '../state/keys';
import { rows, select, selected } from '../state/list';
import { nextTheme } from '../state/theme';
import { prefetch, threadOf } from '../state/thread';
import { showNow } from './shown';
import { send, stopWriting, write, writing } from '../state/writing';
import { say } from '../text/say';

export const keys = new Keys();
export const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** No dialog is open, and no composer is about to open: letters go there. */
const calm = () => dialog.value === null && (writing.value === null || document.querySelector('.editor') !== null);
const have = () => calm() && current() !== null;
const open = () => calm() && place.value.open !== null;

/** Opens the next conversation if one is open; otherwise moves the selection. */
function step(by: 1 | -1): void {
  const from = place.value.open ?? selected.value;
  const next = neighbour(from, by);
  if (!next) return;
  select(next);
  if (place.value.open) openConversation(next);
  const after = neighbour(next, by);
  if (place.value.open && after) prefetch(after);
  if (!place.value.open) prefetch(next);
}

function compose(kind: 'reply' | 'note'): void {
  const conversation = current();
  if (!conversation) return;
  if (place.value.open !== conversation.id) openConversation(conversation.id);
  showNow();
  write(conversation, kind);
}

function sendNow(): void {
  const conversation = current();
  if (conversation && writing.value) void send(conversation, threadOf(conversation.id).value.messages);
}

function escape(): void {
  if (writing.value) {
    stopWriting();
    document.querySelector<HTMLElement>('.door')?.focus();
  } else if (place.value.open) {
    openConversation(null);
  }
}

const bindings: Binding[] = [
  { keys: 'j', group: 'list', label: say('key.next'), run: () => step(1), when: calm },
  { keys: 'k', group: 'list', label: say('key.previous'), run: () => step(-1), when: calm },
  { keys: 'o', group: 'list', label: say('key.open'), run: () => { const id = selected.value ?? rows.value[0]?.id; if (id) openConversation(id); }, when: calm },
  { keys: 'u', group: 'list', label: say('key.back'), run: () => openConversation(null), when: open },
  { keys: '/', group: 'list', label: say('key.search'), run: () => document.querySelector<HTMLInputElement>('#search')?.select(), when: calm },
  { keys: 'r', group: 'thread', label: say('key.reply'), run: () => compose('reply'), when: have },
  { keys: 'n', group: 'thread', label: say('key.note'), run: () => compose('note'), when: have },
  { keys: 'a', group: 'thread', label: say('key.assign'), run: () => (dialog.value = 'assign'), when: have },
  { keys: 'i', group: 'thread', label: say('key.mine'), run: () => void assign(current()!, me.value.id || 'me'), when: have },
  { keys: 't', group: 'thread', label: say('key.move'), run: () => (dialog.value = 'move'), when: have },
  { keys: 's', group: 'thread', label: say('key.snooze'), run: () => (dialog.value = 'snooze'), when: have },
  { keys: 'e', group: 'thread', label: say('key.resolve'), run: () => { const it = current()!; void setStatus(it, it.status === 'open' || it.status === 'pending' ? 'resolved' : 'open'); }, when: have },
  { keys: 'Mod+Enter', group: 'thread', label: say('key.send'), run: sendNow, inFields: true, when: () => calm() && writing.value !== null },
  { keys: 'g m', group: 'go', label: say('key.goMine'), run: () => go({ kind: 'mine' }), when: calm },
  { keys: 'U', group: 'thread', label: say('key.unread'), run: () => void markUnread(current()!), when: have },
  { keys: 'g p', group: 'go', label: say('view.pending'), run: () => go({ kind: 'pending' }), when: calm },
  { keys: 'g u', group: 'go', label: say('key.goUnassigned'), run: () => go({ kind: 'unassigned' }), when: calm },
  { keys: 'g a', group: 'go', label: say('key.goAll'), run: () => go({ kind: 'all' }), when: calm },
  ...[0, 1, 2, 3].map((tier): Binding => ({
    keys: `g ${tier}`, group: 'go', label: say('key.goTier', { tier }), run: () => go({ kind: 'tier', tier }),
    when: () => calm() && inboxes.value.some((inbox) => inbox.tier === tier),
  })),
  { keys: '?', group: 'general', label: say('key.help'), run: () => (dialog.value = 'keys'), when: calm },
  { keys: 'Escape', group: 'general', label: say('key.escape'), run: escape, inFields: true, when: () => dialog.value === null },
  { keys: 'D', group: 'general', label: say('key.theme'), run: nextTheme, when: calm },
];

keys.add(bindings);

/** Handles the window's key events; returns a function that stops it. */
export function listen(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || (lettersOff.value && event.key.length === 1 && !event.ctrlKey && !event.metaKey)) return;
    if (keys.press(event, isField(event.target))) event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

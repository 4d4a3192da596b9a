// All keyboard shortcuts of the console.
import { assign, current, denied, resolve as resolveIt, setStatus } from '../state/actions';
import { go, inboxes, markUnread, me, openConversation, openTask, passTo, place } from '../state/desk';
import { dialog } from '../state/dialog';
import { wanted } from '../state/applied';
import { keysOf } from '../state/keymap';
import { ariaKeys, caps, isField, isLetter, Keys, lettersOff, strokeName, type Binding } from '../state/keys';
import { isTask } from '../state/entries';
import { select } from '../state/list';
import { ask, clear, mark, size, type Op } from '../state/selection';
import { active, entries, neighbour } from '../state/tasklist';
import { atRest } from '../state/pace';
import { askAvailability } from '../state/staff';
import { nextTheme } from '../state/theme';
import { newest, undo } from '../state/toast';
import { prefetch, threadOf } from '../state/thread';
import { pass, passing, usual } from '../state/passing';
import { showNow } from './shown';
import { send, stopWriting, write, writing } from '../state/writing';
import { say } from '../text/say';

export const keys = new Keys();
export const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** No dialog is open, and no composer is about to open: letters go there. */
const calm = () => dialog.value === null && (writing.value === null || document.querySelector('.editor') !== null);
const have = () => calm() && current() !== null;
const open = () => calm() && place.value.open !== null;

/** On the selected conversations, if there are any. */
const many = (op: Op, one: () => void) => () => (size.value > 0 ? ask(op) : one());
const some = () => calm() && (size.value > 0 || current() !== null);
const canMark = () => calm() && active.value !== null;

/** Opens the next conversation if one is open; otherwise moves the selection. */
function step(by: 1 | -1): void {
  const next = neighbour(active.value, by);
  if (!next) return;
  select(next.id);
  const [conversation, task] = isTask(next) ? [next.conversation.id, next.id] : [next.id, ''];
  if (place.value.open) passTo(conversation, by, task);
  else atRest(() => { if (active.value === next.id) prefetch(conversation); });
}

/** Opens the selected row, or the first one. */
function openRow(): void {
  const row = entries.value.find((one) => one.id === active.value) ?? entries.value[0];
  if (row && isTask(row)) openTask(row);
  else if (row) openConversation(row.id);
}

function compose(kind: 'reply' | 'note'): void {
  const conversation = current();
  if (!conversation || denied(conversation, kind)) return;
  passing.value = null;
  if (place.value.open !== conversation.id) openConversation(conversation.id);
  showNow();
  write(conversation, kind);
}

/** Opens the menu of macros in a reply. */
function macro(): void {
  compose('reply');
  wanted.value = writing.value?.kind === 'reply';
}

/** Opens the form for a mail to a third party. */
export function startForward(conversation: string): void {
  pass(conversation, { messages: usual(threadOf(conversation).value.messages) });
}

function forward(): void {
  const conversation = current();
  if (!conversation || denied(conversation, 'forward')) return;
  if (place.value.open !== conversation.id) openConversation(conversation.id);
  startForward(conversation.id);
}

function resolve(): void {
  const it = current()!;
  const working = it.status === 'open' || it.status === 'pending';
  if (denied(it, working ? 'resolve' : 'open')) return;
  if (working) resolveIt(it);
  else void setStatus(it, 'open');
}

function sendNow(): void {
  const conversation = current();
  if (conversation && writing.value) void send(conversation, threadOf(conversation.id).value.messages);
}

function escape(): void {
  if (passing.value) {
    passing.value = null;
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.door')?.focus());
  } else if (writing.value) {
    stopWriting();
    document.querySelector<HTMLElement>('.door')?.focus();
  } else if (size.value > 0) {
    clear();
  } else if (place.value.open) {
    openConversation(null);
  }
}

const bindings: Binding[] = [
  { action: 'next', keys: 'j', group: 'list', label: say('key.next'), run: () => step(1), when: calm },
  { action: 'previous', keys: 'k', group: 'list', label: say('key.previous'), run: () => step(-1), when: calm },
  { action: 'open', keys: 'o', group: 'list', label: say('key.open'), run: openRow, when: calm },
  { action: 'back', keys: 'u', group: 'list', label: say('key.back'), run: () => openConversation(null), when: open },
  { action: 'search', keys: '/', group: 'list', label: say('key.search'), run: () => document.querySelector<HTMLInputElement>('#search')?.select(), when: calm },
  { action: 'select', keys: 'x', group: 'list', label: say('key.select'), run: () => mark(active.value, false), when: canMark },
  { action: 'selectRange', keys: 'X', group: 'list', label: say('key.selectRange'), run: () => mark(active.value, true), when: canMark },
  { action: 'saveView', keys: 'S', group: 'list', label: say('key.saveView'), run: () => (dialog.value = 'view'), when: () => calm() && place.value.view.kind === 'search' },
  { action: 'reply', keys: 'r', group: 'thread', label: say('key.reply'), run: () => compose('reply'), when: have },
  { action: 'start', keys: 'c', group: 'general', label: say('first.title'), run: () => (dialog.value = 'start'), when: calm },
  { action: 'note', keys: 'n', group: 'thread', label: say('key.note'), run: () => compose('note'), when: have },
  { action: 'macro', keys: 'm', group: 'thread', label: say('key.macro'), run: many('macro', macro), when: some },
  { action: 'forward', keys: 'f', group: 'thread', label: say('thread.forward'), run: forward, when: have },
  { action: 'assign', keys: 'a', group: 'thread', label: say('key.assign'), run: many('assign', () => (dialog.value = 'assign')), when: some },
  { action: 'mine', keys: 'i', group: 'thread', label: say('key.mine'), run: () => void assign(current()!, me.value.id || 'me'), when: have },
  { action: 'move', keys: 't', group: 'thread', label: say('key.move'), run: many('move', () => (dialog.value = 'move')), when: some },
  { action: 'priority', keys: 'p', group: 'thread', label: say('priority.label'), run: many('priority', () => (dialog.value = 'priority')), when: some },
  { action: 'tags', keys: 'l', group: 'thread', label: say('key.tags'), run: many('tag', () => { if (!denied(current()!, 'tag')) dialog.value = 'tags'; }), when: some },
  { action: 'task', keys: 'w', group: 'thread', label: say('task.add'), run: () => (dialog.value = 'task'), when: have },
  { action: 'swarm', keys: 'h', group: 'thread', label: say('swarm.title'), run: () => (dialog.value = 'swarm'), when: have },
  { action: 'snooze', keys: 's', group: 'thread', label: say('key.snooze'), run: many('snooze', () => (dialog.value = 'snooze')), when: some },
  { action: 'resolve', keys: 'e', group: 'thread', label: say('key.resolve'), run: many('resolve', resolve), when: some },
  { action: 'send', keys: 'Mod+Enter', group: 'thread', label: say('key.send'), run: sendNow, inFields: true, when: () => calm() && writing.value !== null },
  { action: 'goMine', keys: 'g m', group: 'go', label: say('key.goMine'), run: () => go({ kind: 'mine' }), when: calm },
  { action: 'goTasks', keys: 'g t', group: 'go', label: say('view.tasks'), run: () => go({ kind: 'tasks' }), when: calm },
  { action: 'goSwarming', keys: 'g h', group: 'go', label: say('view.swarming'), run: () => go({ kind: 'swarming' }), when: calm },
  { action: 'undo', keys: 'z', group: 'thread', label: say('key.undo'), run: () => undo(newest.value!), when: () => calm() && newest.value !== null },
  { action: 'unread', keys: 'U', group: 'thread', label: say('key.unread'), run: () => void markUnread(current()!), when: have },
  { action: 'goPending', keys: 'g p', group: 'go', label: say('view.pending'), run: () => go({ kind: 'pending' }), when: calm },
  { action: 'goUnassigned', keys: 'g u', group: 'go', label: say('key.goUnassigned'), run: () => go({ kind: 'unassigned' }), when: calm },
  { action: 'goBreaching', keys: 'g b', group: 'go', label: say('view.breaching'), run: () => go({ kind: 'breaching' }), when: calm },
  { action: 'goView', keys: 'g v', group: 'go', label: say('key.goView'), run: () => (dialog.value = 'views'), when: calm },
  { action: 'goAll', keys: 'g a', group: 'go', label: say('key.goAll'), run: () => go({ kind: 'all' }), when: calm },
  ...[0, 1, 2, 3].map((tier): Binding => ({
    action: `goTier${tier}`, keys: `g ${tier}`, group: 'go', label: say('key.goTier', { tier }), run: () => go({ kind: 'tier', tier }),
    when: () => calm() && inboxes.value.some((inbox) => inbox.tier === tier),
  })),
  { action: 'help', keys: '?', group: 'general', label: say('key.help'), run: () => (dialog.value = 'keys'), when: calm },
  { action: 'escape', keys: 'Escape', group: 'general', label: say('key.escape'), run: escape, inFields: true, when: () => dialog.value === null },
  { action: 'notices', keys: 'N', group: 'general', label: say('bell.title'), run: () => (dialog.value = 'notices'), when: calm },
  { action: 'availability', keys: 'A', group: 'general', label: say('availability.title'), run: () => askAvailability(null), when: calm },
  { action: 'theme', keys: 'D', group: 'general', label: say('key.theme'), run: nextTheme, when: calm },
];

keys.add(bindings);

/** The keys of an action as they are labelled ("g m", "Ctrl k"); empty while they are turned off. */
export function keyLabel(action: string): string {
  const now = keysNow(action);
  return now && caps(now, mac).join(' ');
}

/** The aria-keyshortcuts of an action's button; absent while they are turned off. */
export function keyShortcut(action: string): string | undefined {
  return ariaKeys(keysNow(action)) || undefined;
}

/** A tooltip that ends with the key: "Snooze (s)". */
export function withKey(label: string, action: string): string {
  const key = keyLabel(action);
  return key ? `${label} (${key})` : label;
}

function keysNow(action: string): string {
  const binding = keys.of(action);
  const now = binding ? keysOf(binding) : '';
  return lettersOff.value && isLetter(now) ? '' : now;
}

/** Handles the window's key events; returns a function that stops it. */
export function listen(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || (lettersOff.value && isLetter(strokeName(event)))) return;
    if (keys.press(event, isField(event.target))) event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

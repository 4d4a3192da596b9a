// Views and searches in the API's search grammar (doc/api.md), and in the address
// bar. Pure.
import type { Conversation } from '../wire';

export type View =
  | { kind: 'mine' }
  | { kind: 'tasks' }
  | { kind: 'swarming' }
  | { kind: 'unassigned' }
  | { kind: 'all' }
  | { kind: 'breaching' }
  | { kind: 'gaps' }
  | { kind: 'pending' }
  | { kind: 'snoozed' }
  | { kind: 'resolved' }
  | { kind: 'tier'; tier: number }
  | { kind: 'inbox'; inbox: string }
  | { kind: 'search'; text: string }
  | { kind: 'quarantine' }
  | { kind: 'channels' }
  | { kind: 'agents' }
  | { kind: 'webhooks' }
  | { kind: 'outbox' }
  | { kind: 'articles' }
  | { kind: 'rootcauses' }
  | { kind: 'advisories' }
  | { kind: 'macros' }
  | { kind: 'reports'; /** The saved report that is open, with /unsubscribe if a mail led here to end its mails. */ saved?: string }
  | { kind: 'reviews' }
  | { kind: 'policy' };

/** Views that are pages of their own, without conversations. */
const PAGES = ['quarantine', 'channels', 'agents', 'webhooks', 'outbox', 'articles', 'rootcauses', 'advisories', 'macros', 'reports', 'reviews', 'policy'] as const;
type PageView = Extract<View, { kind: (typeof PAGES)[number] }>;
export const isPage = (view: View): view is PageView => (PAGES as readonly string[]).includes(view.kind);

/** The `q` parameter of a view. "Mine" includes what the agent answered and now waits for; a search lists everything it matches. */
export function queryOf(view: View): string {
  switch (view.kind) {
    case 'mine': return 'is:open is:pending assignee:me';
    case 'swarming': return 'is:swarming is:open is:pending is:snoozed';
    case 'unassigned': return 'is:open is:unassigned';
    case 'all': return 'is:open';
    case 'breaching': return 'is:open sla:<1h';
    case 'gaps': return 'is:gap';
    case 'pending': case 'snoozed': case 'resolved': return `is:${view.kind}`;
    case 'tier': return `is:open tier:${view.tier}`;
    case 'inbox': return `is:open inbox:${view.inbox}`;
    case 'search': return view.text.trim();
    default: return ''; // tasks, and pages
  }
}

/** The order that a search asks for itself; '' if it does not. */
export const sortIn = (text: string) => /(?:^|\s)sort:(due|waiting|newest|oldest|priority)(?=\s|$)/i.exec(text.replace(/"[^"]*"/g, '""'))?.[1]?.toLowerCase() ?? '';

const HOUR = 3_600_000;

/** Whether a changed conversation belongs in a view; null when only the server can decide. */
export function belongs(view: View, c: Conversation, me: string, now = Date.now()): boolean | null {
  if (view.kind === 'search' || view.kind === 'swarming') return null; // rows do not say who helps
  if (view.kind === 'tasks' || isPage(view)) return false;
  switch (view.kind) {
    case 'mine': return c.assignee?.id === me && (c.status === 'open' || c.status === 'pending');
    case 'pending': case 'snoozed': case 'resolved': return c.status === view.kind;
    case 'gaps': return c.gap !== '';
  }
  if (c.status !== 'open') return false;
  switch (view.kind) {
    case 'unassigned': return c.assignee === null;
    case 'all': return true;
    case 'breaching': return c.next_due?.due_at != null && Date.parse(c.next_due.due_at) < now + HOUR;
    case 'tier': return c.tier === view.tier;
    case 'inbox': return c.inbox.key === view.inbox;
  }
}

export interface Place { view: View; open: string | null; /** The task that it is opened at. */ task?: string }

/** The URL fragment: "#/tier/2/cv_…". */
export function toHash(place: Place): string {
  const view = place.view;
  const parts: string[] = [view.kind];
  if (view.kind === 'tier') parts.push(String(view.tier));
  if (view.kind === 'inbox') parts.push(view.inbox);
  if (view.kind === 'search') parts.push(view.text);
  if (view.kind === 'reports' && view.saved) parts.push(...view.saved.split('/'));
  if (place.open) parts.push(place.open);
  if (place.open && place.task) parts.push(place.task);
  return '#/' + parts.map(encodeURIComponent).join('/');
}

/** Parses a URL fragment; anything unknown is "All open". */
export function fromHash(hash: string): Place {
  const [kind = '', ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode);
  const task = rest.length > 1 && rest.at(-1)!.startsWith('tk_') ? rest.pop()! : '';
  return { ...placeOf(kind, rest), ...(task && { task }) };
}

/** Views that have no more to them than their name. */
const PLAIN: readonly string[] = ['mine', 'tasks', 'swarming', 'unassigned', 'all', 'breaching', 'gaps', 'pending', 'snoozed', 'resolved', ...PAGES];

function placeOf(kind: string, rest: string[]): Place {
  switch (kind) {
    case 'reports':
      return { view: { kind, ...(rest[0] && { saved: rest.join('/') }) }, open: null };
    case 'tier': {
      const tier = Number(rest[0]);
      if (rest[0] && Number.isInteger(tier)) return { view: { kind, tier }, open: rest[1] || null };
      break;
    }
    case 'inbox':
      if (rest[0]) return { view: { kind, inbox: rest[0] }, open: rest[1] || null };
      break;
    case 'search':
      if (rest[0]) return { view: { kind, text: rest[0] }, open: rest[1] || null };
      break;
    case 'c': // a link to one conversation, from an email or another page
      return { view: { kind: 'all' }, open: rest[0] || null };
  }
  if (PLAIN.includes(kind)) return { view: { kind } as View, open: rest[0] || null };
  return { view: { kind: 'all' }, open: null };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Offset of the invalid term in the query, from the error's "character 1: …", which counts from 1; -1: unknown. */
export function errorPosition(errors: readonly { message?: string }[]): number {
  for (const error of errors) {
    const found = /\bcharacter (\d+)/.exec(error.message ?? '');
    if (found) return Number(found[1]) - 1;
  }
  return -1;
}

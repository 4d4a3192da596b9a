// The routing policy: the calls, and the draft that this browser keeps. Loaded with its page.
import { computed, signal } from '@preact/signals';
import { actingAs, call, read } from '../api';
import type { PagePilot, PagePolicyHits, PagePolicyVersion, Pilot, PolicyDiff, PolicyDocument, PolicyNode, PolicyProblem, PolicyReport, PolicyVersion, SimulatePolicyInputBody, SimulationResult } from '../wire';

export const HIT_DAYS = 30;

export const policies = {
  version: (version: number | 'live') => call<PolicyDocument>('GET', `/policies/${version}`),
  history: (cursor = '') => call<PagePolicyVersion>('GET', `/policies?limit=25${cursor && `&cursor=${encodeURIComponent(cursor)}`}`),
  pilots: async () => (await call<PagePilot>('GET', '/policies/pilots')).data,
  hits: async () => (await call<PagePolicyHits>('GET', `/policies/hits?days=${HIT_DAYS}`)).data,
  check: (document: string, stop?: AbortSignal) => call<PolicyReport>('POST', '/policies/check', { document }, stop),
  diff: (document: string, base?: number) => call<PolicyDiff>('POST', '/policies/diff', { document, ...(base && { base }) }),
  simulate: (body: Partial<SimulatePolicyInputBody> & { document: string }, stop: AbortSignal) => call<SimulationResult>('POST', '/policies/simulate', body, stop),
  /** Fails with 412 if another version than `base` is live meanwhile. */
  publish: async (what: { document: string } | { version: number }, reason: string, base: number) =>
    JSON.parse(await read('POST', '/policies', { ...what, reason }, undefined, undefined, `"${base}"`)) as PolicyVersion,
};

/** A text that is not published, and the version that it changes. */
export interface Draft { document: string; base: number }

export const live = signal<PolicyDocument | null>(null);
export const draft = signal<Draft | null>(null);

/** All pilots, newest first; null: not read yet. And the one that is running. */
export const trials = signal<readonly Pilot[] | null>(null);
export const trial = computed(() => trials.value?.find((one) => one.ended_at === null) ?? null);

const nameOf = () => `switchboard.policy.${actingAs()}`;

/** Finds the draft that was written before the page was loaded. */
export function recall(): void {
  try {
    const { document, base } = JSON.parse(localStorage.getItem(nameOf()) ?? 'null') as Draft;
    draft.value = typeof document === 'string' && Number.isInteger(base) ? { document, base } : null;
  } catch {
    draft.value = null; // none, or not readable
  }
}

/** Keeps a text; one that equals the live version is no draft. */
export function keep(document: string, base: number): void {
  draft.value = live.value?.version === base && live.value.document === document ? null : { document, base };
  try {
    if (draft.value) localStorage.setItem(nameOf(), JSON.stringify(draft.value));
    else localStorage.removeItem(nameOf());
  } catch {
    // The browser's storage is full: it is only known to this page.
  }
}

export function discard(): void {
  if (live.value) keep(live.value.document, live.value.version);
}

/** The offset in a text of a line and a column, which count from 1 and in characters. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(text.length, before + [...(lines[line - 1] ?? '')].slice(0, Math.max(column - 1, 0)).join('').length);
}

/** Where the caret is to go. */
export const target = signal<Pick<PolicyProblem, 'line' | 'column'> | null>(null);

/** The parts of a document by section, in the order of the answer. */
export function bySection(nodes: readonly PolicyNode[]): [string, PolicyNode[]][] {
  const groups = new Map<string, PolicyNode[]>();
  for (const node of nodes) groups.set(node.section, [...(groups.get(node.section) ?? []), node]);
  return [...groups];
}

/** The names of the tiers by their numbers. */
export const tiersOf = (nodes: readonly PolicyNode[]): ReadonlyMap<string, string> => new Map(nodes.filter(({ section }) => section === 'tiers').map(({ name, fields }) => [name, fields.find(({ field }) => field === 'name')?.value || `T${name}`]));

/** What a part of the document is called; rules below others by their own name. */
export function titleOf({ section, name, depth }: PolicyNode, tiers: ReadonlyMap<string, string>): string {
  if (section === 'tiers') return `T${name} ${tiers.get(name) === `T${name}` ? '' : tiers.get(name) ?? ''}`.trim();
  if (section === 'handoffs') return name.replace(/\d+/g, (tier) => tiers.get(tier) ?? tier);
  return depth > 0 ? name.slice(name.lastIndexOf('/') + 1) : name;
}

/** What a part sets, in one line: without its condition, and without what its title says. */
export function factsOf({ section, fields }: PolicyNode, tiers: ReadonlyMap<string, string>): string {
  const said = section === 'tiers' ? ['name', 'tier'] : section === 'handoffs' ? ['from', 'to'] : [];
  return fields.filter(({ field }) => field && field !== 'when' && field !== 'continue' && !said.includes(field))
    .map(({ field, value }) => [field.replace(/^set\./, ''), value] as const)
    .map(([field, value]) => `${field}: ${field === 'tier' ? tiers.get(value) ?? value : value}`).join(' · ');
}

/** A share in percent that is 0 % only of nothing, and 100 % only of all. */
export function shareOf(n: number, all: number, locale?: string): string {
  const text = (share: number) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 1 });
  if (all === 0) return text(0);
  if (n > 0 && n / all < 0.001) return `<${text(0.001)}`;
  if (n < all && n / all > 0.999) return `>${text(0.999)}`;
  return text(n / all);
}

/** Staffing for the API: "billing=3" for each inbox that has a number. */
export const staffOf = (agents: Readonly<Record<string, string>>) => Object.entries(agents).flatMap(([inbox, n]) => (/^\d+$/.test(n.trim()) ? [`${inbox}=${n.trim()}`] : []));

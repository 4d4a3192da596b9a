// The routing policy: the calls, and the draft that this browser keeps. Loaded with its page.
import { signal } from '@preact/signals';
import { actingAs, call, read } from '../api';
import type { PagePolicyHits, PagePolicyVersion, PolicyDiff, PolicyDocument, PolicyNode, PolicyProblem, PolicyReport, PolicyVersion, SimulatePolicyInputBody, SimulationResult } from '../wire';

export const HIT_DAYS = 30;

export const policies = {
  version: (version: number | 'live') => call<PolicyDocument>('GET', `/policies/${version}`),
  history: (cursor = '') => call<PagePolicyVersion>('GET', `/policies?limit=25${cursor && `&cursor=${encodeURIComponent(cursor)}`}`),
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

/** Staffing for the API: "billing=3" for each inbox that has a number. */
export const staffOf = (agents: Readonly<Record<string, string>>) => Object.entries(agents).flatMap(([inbox, n]) => (/^\d+$/.test(n.trim()) ? [`${inbox}=${n.trim()}`] : []));

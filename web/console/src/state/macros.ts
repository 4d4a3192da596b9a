// Macros: the calls, and the decisions of the menu and of the page. Loaded with their part
// of the console.
import { signal } from '@preact/signals';
import { call, type Problem } from '../api';
import { say, sayIf } from '../text/say';
import type { Conversation, CreateMacroInputBody, Macro, MacroAction, MacroPreview, MacroVariable, PatchMacroInputBody } from '../wire';
import { agents, inboxes, me } from './desk';
import { sentence } from './people';

const at = (id: string) => `/macros/${encodeURIComponent(id)}`;
const used = (conversation: string, id: string) => `/conversations/${encodeURIComponent(conversation)}/macros/${encodeURIComponent(id)}`;

export const macros = {
  list: async () => (await call<{ data: Macro[] }>('GET', '/macros')).data,
  one: (id: string) => call<Macro>('GET', at(id)),
  variables: async () => (await call<{ data: MacroVariable[] }>('GET', '/macros/variables')).data,
  create: (body: CreateMacroInputBody) => call<Macro>('POST', '/macros', body),
  change: (id: string, body: PatchMacroInputBody) => call<Macro>('PATCH', at(id), body),
  remove: (id: string) => call<void>('DELETE', at(id)),
  preview: (conversation: string, id: string) => call<MacroPreview>('POST', `${used(conversation, id)}/preview`),
  apply: (conversation: string, id: string, without: readonly number[]) => call<Conversation>('POST', `${used(conversation, id)}/apply`, { without }),
};

/** What was loaded last, so that the menu opens at once. */
export const known = signal<readonly Macro[] | null>(null);
export const meanings = signal<Readonly<Record<string, string>>>({});

export async function load(): Promise<void> {
  const [list, variables] = await Promise.all([macros.list(), Object.keys(meanings.value).length > 0 ? null : macros.variables()]);
  known.value = list;
  if (variables) meanings.value = Object.fromEntries(variables.map(({ name, meaning }) => [name, meaning]));
}

export const KINDS = ['tag', 'untag', 'status', 'move', 'assign', 'priority'] as const;
export type ActionKind = (typeof KINDS)[number];

export function kindOf(action: MacroAction): ActionKind {
  return KINDS.find((kind) => action[kind] !== undefined) ?? 'tag';
}

/** What an action does, in a few words. */
export function actionText(action: MacroAction): string {
  const kind = kindOf(action);
  const value = action[kind] ?? '';
  switch (kind) {
    case 'status': return action.until ? say('macros.do.snooze', { period: action.until }) : say('macros.do.status', { status: sayIf(`status.${value}`, value) });
    case 'move': return say('macros.do.move', { inbox: inboxes.value.find((one) => one.key === value)?.name ?? value });
    case 'assign':
      if (value === 'nobody') return say('macros.do.unassign');
      return say('macros.do.assign', { name: value === 'me' || value === me.value.id ? say('macros.me') : agents.value.find((one) => one.id === value)?.name ?? value });
    case 'priority': return say('macros.do.priority', { priority: sayIf(`priority.${value}`, value) });
  }
  return say(`macros.do.${kind}`, { tag: value });
}

/** What is wrong with a macro: by field, "actions.1" for an action, and '' for the rest. */
export function wrongsOfMacro(problem: Problem): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { location = '', message = '' } of problem.errors) {
    const [, field = '', place] = /^body\.(name|text|inboxes|actions)(?:\[(\d+)\])?/.exec(location) ?? [];
    const key = field === 'actions' && place ? `actions.${place}` : field;
    out[key] = [out[key], sentence(message)].filter(Boolean).join(' ');
  }
  return problem.errors.length > 0 ? out : { '': sentence(problem.detail || problem.title) };
}

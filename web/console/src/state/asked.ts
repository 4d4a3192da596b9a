// A message may ask for replies to an address that nothing confirms. Replies do not go
// there unless their author decides so, who is warned and can choose it with one click.
import type { Message } from '../wire';

const ADDRESS = /<([^<>]*)>\s*$/;

/** The address alone of a recipient as entered: `"Jo" <jo@acme.example>`, `jo@acme.example`. */
export function emailOf(entry: string): string {
  return ADDRESS.exec(entry)?.[1]?.trim() ?? entry.trim();
}

const same = (a: string, b: string) => emailOf(a).toLowerCase() === emailOf(b).toLowerCase();

/** Those of the addresses that get no replies to which a reply would go. */
export function stoppedOf<T extends { address: string }>(unreachable: readonly T[], { to, cc }: { to: readonly string[] | null; cc: readonly string[] | null }): T[] {
  return unreachable.filter(({ address }) => [...(to ?? []), ...(cc ?? [])].some((entry) => same(entry, address)));
}

/** The unverified address to which the newest message from outside asks for replies; empty if it asks for none. */
export function askedFor(messages: readonly Message[]): string {
  const newest = messages.findLast((one) => one.direction === 'inbound' && !['auto-reply', 'bounce', 'complaint'].includes(one.auto_submitted));
  return newest?.problems.find((one) => one.code === 'unverified-reply-to')?.address ?? '';
}

export function includes(list: readonly string[], address: string): boolean {
  return list.some((entry) => same(entry, address));
}

export interface People { to: string[]; cc: string[] }

/** The recipients with `asked` in place of the address that replies go to otherwise. Nobody else changes. */
export function redirected({ to, cc }: People, usual: string, asked: string): People {
  const rest = to.filter((entry) => !same(entry, asked));
  const at = rest.findIndex((entry) => same(entry, usual));
  return { to: at < 0 ? [asked, ...rest] : rest.with(at, asked), cc: cc.filter((entry) => !same(entry, asked)) };
}

/** A text without what its rendering adds: white space, and the targets that stand behind words. */
const essence = (text: string) => text.replace(/\s*\((?:https?|mailto|tel):[^\s)]*\)/g, '').replace(/\s+/g, '');

/** Whether what the sender wrote now is less than the whole message. */
export function isShortened(reply: string, whole: string): boolean {
  return reply.trim() !== '' && essence(reply) !== essence(whole);
}

const FOLD_LINES = 80;
const FOLD_LENGTH = 12_000;

/** The beginning of a text that is too long to be read through, and how many lines it has; null for any other. */
export function folded(text: string): { head: string; lines: number } | null {
  const lines = text.split('\n');
  if (lines.length <= FOLD_LINES * 1.5 && text.length <= FOLD_LENGTH * 1.5) return null;
  const head = lines.slice(0, FOLD_LINES).join('\n').slice(0, FOLD_LENGTH);
  return { head: head.trimEnd(), lines: lines.length };
}

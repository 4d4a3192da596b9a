const FOLD_LINES = 80;
const FOLD_LENGTH = 12_000;

/** The beginning of a very long text, and its number of lines; null for shorter texts. */
export function folded(text: string): { head: string; lines: number } | null {
  const lines = text.split('\n');
  if (lines.length <= FOLD_LINES * 1.5 && text.length <= FOLD_LENGTH * 1.5) return null;
  const head = lines.slice(0, FOLD_LINES).join('\n').slice(0, FOLD_LENGTH);
  return { head: head.trimEnd(), lines: lines.length };
}

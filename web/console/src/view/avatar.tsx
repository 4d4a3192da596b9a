/** Initials on a colour derived from the name. */
export function Avatar({ name, size = '' }: { name: string; size?: '' | 'small' | 'large' }) {
  const words = name.replace(/[^\p{L}\p{N} .@-]/gu, '').split(/[ .@-]+/).filter(Boolean);
  const letters = ((words[0]?.[0] ?? '?') + (words[1]?.[0] ?? '')).toUpperCase();
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)!) % 997;
  return <span class={`avatar hue-${hash % 8} ${size}`} aria-hidden="true">{letters}</span>;
}

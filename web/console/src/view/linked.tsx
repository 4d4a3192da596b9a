// Plain text with its URLs as links.
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

export interface Piece { text: string; href?: string }

export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    if (found.index > at) out.push({ text: text.slice(at, found.index) });
    out.push({ text: found[0], href: found[0] });
    at = found.index + found[0].length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}

export function Linked({ text }: { text: string }) {
  return <>{pieces(text).map((piece) => (piece.href ? <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">{piece.text}</a> : piece.text))}</>;
}

import { useEffect, useRef } from 'preact/hooks';

/** The minimum height of a message with remote images, whose height is unknown. */
const PICTURED = 480;
/** The estimated height of an image without a height of its own. */
const PICTURE = 160;
const TALLEST = 640;

/** Estimates the height of an HTML message from its lines, blocks and images. */
export function guessHeight(text: string, html: string, images: boolean): number {
  const blocks = html.match(/<(?:p|h[1-6]|tr|table|ul|ol|blockquote|hr)[\s>]/gi)?.length ?? 0;
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 84)), 0);
  const pictures = (html.match(/<img\s[^>]*src\s*=\s*["']?(?:cid:|data:)[^>]*>/gi) ?? []).reduce((sum, tag) => sum + Number(/\sheight\s*=\s*["']?(\d+)/i.exec(tag)?.[1] ?? PICTURE), 0);
  const height = lines * 22 + 40 + Math.min(blocks * 20, 240) + pictures;
  return Math.min(Math.max(height, images ? PICTURED : 90), TALLEST);
}

/** The part of the window that a frame may take, so that the thread around it can still be scrolled. */
const SHARE = 0.7;

/**
 * An HTML message in a sandboxed frame with its own content security policy: no script runs in it, and it has
 * no origin. So its height cannot be read: the frame has about the right height, scrolls, and can be enlarged.
 */
export function MailFrame({ url, title, guess, large }: { url: string; title: string; guess: number; large: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null);
  // Set here and not as an attribute, so that drawing the message again keeps a height set by dragging.
  useEffect(() => {
    if (frame.current) frame.current.style.height = large ? `${Math.max(window.innerHeight - 150, 300)}px` : `${Math.min(guess, window.innerHeight * SHARE)}px`;
  }, [guess, large]);
  return <iframe ref={frame} class="mail" src={url} title={title} loading="lazy" referrerpolicy="no-referrer" sandbox="allow-popups allow-popups-to-escape-sandbox" />;
}

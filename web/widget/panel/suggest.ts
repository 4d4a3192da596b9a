// Articles that may answer what a visitor is writing.
export interface Suggestion { title: string; summary: string; url: string }

/** After so long without a key, articles are looked for. */
const PAUSE = 100;
const FEWEST = 3;

/** Finds articles for a text once the visitor pauses; returns how to stop. */
export function suggestions(text: string, show: (list: readonly Suggestion[]) => void): () => void {
  const words = text.trim();
  if (words.length < FEWEST) {
    show([]);
    return () => undefined;
  }
  const stop = new AbortController();
  const timer = setTimeout(async () => {
    try {
      const query = new URLSearchParams({ q: words.slice(-300), language: navigator.language, place: 'widget' });
      const answer = await fetch(`/help/suggest?${query}`, { signal: stop.signal, credentials: 'omit' });
      if (answer.ok) show(((await answer.json()) as { data: Suggestion[] }).data);
    } catch {
      // Without suggestions the chat works as well.
    }
  }, PAUSE);
  return () => { clearTimeout(timer); stop.abort(); };
}

/** Tells the server that the visitor wrote: the articles alone did not help. */
export function wrote(): void {
  void fetch('/help/wrote', { method: 'POST', keepalive: true, credentials: 'omit' }).catch(() => undefined);
}

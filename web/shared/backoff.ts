// How long to wait before connecting again: doubling with full jitter, so that a
// thousand clients of a restarted server do not come back in one second.

export interface Backoff {
  /** Milliseconds until the next attempt. */
  next(): number;
  reset(): void;
}

export function backoff(first = 500, limit = 20_000, random: () => number = Math.random): Backoff {
  let ceiling = first;
  return {
    next() {
      const wait = ceiling / 2 + random() * (ceiling / 2);
      ceiling = Math.min(ceiling * 2, limit);
      return Math.round(wait);
    },
    reset() {
      ceiling = first;
    },
  };
}

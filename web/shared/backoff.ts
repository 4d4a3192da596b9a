// The delay before reconnecting: doubling, with jitter, so that a thousand clients
// of a restarted server do not reconnect in the same second.

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

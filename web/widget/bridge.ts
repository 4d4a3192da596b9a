// What the host page's loader and the panel in its frame say to each other.

export type ToPanel =
  | { type: 'open' | 'close' | 'reset' }
  | { type: 'identify' | 'set' | 'prefill'; value: unknown };

export type FromPanel =
  | { type: 'ready' }
  | { type: 'close' }
  | { type: 'unread'; count: number }
  | { type: 'conversation' | 'message' | 'status'; detail: unknown };

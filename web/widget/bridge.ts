// Messages between the loader on the host page and the panel in its frame.

export type ToPanel =
  | { type: 'open' | 'close' | 'reset' }
  | { type: 'identify' | 'set' | 'prefill'; value: unknown };

export type FromPanel =
  | { type: 'ready' }
  | { type: 'close' }
  | { type: 'unread'; count: number }
  | { type: 'conversation' | 'message' | 'status'; detail: unknown };

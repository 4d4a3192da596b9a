// The time to the second, by the server's clock. Only what shows seconds or minutes
// left depends on it; a hidden page does not tick.
import { signal } from '@preact/signals';
import { clockOffset } from '../api';

export const second = signal(Date.now());

function tick(): void {
  if (document.visibilityState === 'visible') second.value = Date.now() + clockOffset;
}

if (typeof document !== 'undefined') {
  setInterval(tick, 1000);
  document.addEventListener('visibilitychange', tick);
}

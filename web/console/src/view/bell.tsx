import { alerts, olderAlerts } from '../state/alerts';
import { dialog } from '../state/dialog';
import { say } from '../text/say';
import { Icon } from './icon';
import { keyShortcut, withKey } from './shortcuts';

/** How many notices are open; a page colours it. */
export function Bell() {
  const n = alerts.value.length;
  const paged = alerts.value.some((one) => one.kind === 'page');
  const label = n > 0 ? say('bell.open', { n: olderAlerts.value ? `${n}+` : n }) : say('bell.title');
  return (
    <button class="tool bell" title={withKey(label, 'notices')} aria-keyshortcuts={keyShortcut('notices')} onClick={() => (dialog.value = 'notices')}>
      <Icon name="bell" /><span class="sr">{label}</span>
      {n > 0 && <span class={paged ? 'bell-count bell-paged' : 'bell-count'} aria-hidden="true">{n > 9 ? '9+' : n}</span>}
    </button>
  );
}

import type { Agent } from '../wire';
import { me, now } from '../state/desk';
import { askAvailability } from '../state/staff';
import { availabilityOf, lookOf, type Look } from '../text/availability';
import { say } from '../text/say';
import { Icon, type IconName } from './icon';
import { keyShortcut, withKey } from './shortcuts';

const ICONS: Record<Look, IconName> = { available: 'check', away: 'pause', hours: 'clock', offline: 'gap' };

/** An agent's availability: text, shape and colour. */
export function Available({ agent }: { agent: Agent }) {
  const look = lookOf(agent, now.value);
  return <span class={`avail avail-${look}`}><Icon name={ICONS[look]} size={13} />{availabilityOf(agent, now.value)}</span>;
}

/** One's own availability; it opens the dialog that sets it. */
export function AvailabilityButton() {
  return (
    <button class="avail-button" title={withKey(say('availability.title'), 'availability')} aria-keyshortcuts={keyShortcut('availability')} aria-haspopup="dialog" onClick={() => askAvailability(null)}>
      <span class="sr">{say('availability.title')}: </span><Available agent={me.value} /><Icon name="down" size={13} />
    </button>
  );
}

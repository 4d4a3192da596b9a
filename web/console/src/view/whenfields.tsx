import { useId } from 'preact/hooks';
import { now } from '../state/desk';
import { say } from '../text/say';
import { moment, parseWhen } from '../text/time';
import { clockIn, fieldOf, here, knows, nextMorning } from '../text/zone';
import { Icon } from './icon';

const YEAR = 366 * 86_400_000;

/** What is wrong with a typed time; empty: nothing, or nothing is typed. */
export function wrongTime(text: string): string {
  const at = text.trim() ? parseWhen(text, now.value) : now.value + 1;
  if (at === null) return say('snooze.bad');
  return at <= now.value ? say('snooze.past') : at > now.value + YEAR ? say('when.far') : '';
}

export const timeOf = (text: string): number | null => (text.trim() && !wrongTime(text) ? parseWhen(text, now.value) : null);

interface Props { text: string; change: (text: string) => void; wrong?: string | undefined; /** The customer's time zone, if it is known. */ zone: string; autofocus?: boolean }

/** A time to send at: typed, picked, or one of some usual ones, in both people's clocks. */
export function WhenFields({ text, change, wrong, zone, autofocus }: Props) {
  const id = useId();
  const at = timeOf(text);
  const problem = wrong || wrongTime(text);
  const theirs = knows(zone) && zone !== here() ? zone : '';
  const pick = (time: number) => change(fieldOf(time).replace('T', ' '));
  const presets: [string, number][] = ([['when.hours', '3h'], ['when.tomorrow', 'tomorrow 9:00'], ['when.monday', 'mon 9:00']] as const).map(([label, when]) => [say(label), parseWhen(when, now.value)!]);
  if (theirs) presets.push([say('when.theirs'), nextMorning(theirs, now.value)]);
  const shown = (time: number) => moment(new Date(time).toISOString(), now.value);
  return (
    <div class="when">
      <div class="when-fields">
        <label class="labelled"><span>{say('when.typed')}</span>
          <input class="field" autofocus={autofocus ?? false} value={text} autocomplete="off" placeholder={say('snooze.hint')} aria-invalid={problem ? 'true' : undefined} aria-describedby={`${id}-wrong ${id}-zone`}
            onInput={(event) => change(event.currentTarget.value)} />
        </label>
        <label class="labelled"><span>{say('when.picked')}</span>
          <input class="field" type="datetime-local" value={at === null ? '' : fieldOf(at)} min={fieldOf(now.value)} onInput={(event) => { if (event.currentTarget.value) change(event.currentTarget.value.replace('T', ' ')); }} />
        </label>
      </div>
      <p id={`${id}-wrong`} class="wrong" role="status">{problem}</p>
      <ul class="when-presets" aria-label={say('when.usual')}>
        {presets.filter(([, time], i) => !presets.slice(0, i).some((one) => one[1] === time)).map(([label, time]) => <li key={label}><button type="button" class="button" aria-pressed={at === time} onClick={() => pick(time)}>{label} <span class="muted">{shown(time)}</span></button></li>)}
      </ul>
      <p id={`${id}-zone`} class="when-zone muted"><Icon name="clock" size={15} /><span>{at === null ? say('when.zone', { zone: here() }) : say('when.here', { time: clockIn(here(), at), zone: here() })}{theirs && ` ${at === null ? say('when.there.now', { time: clockIn(theirs, now.value), zone: theirs }) : say('when.there', { time: clockIn(theirs, at), zone: theirs })}`}</span></p>
    </div>
  );
}

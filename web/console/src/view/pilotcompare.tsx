// What the groups of a pilot did, in one table.
import { figure, signed, verdict } from '../state/pilot';
import { now } from '../state/desk';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { ComparedPilot, Pilot, PilotEstimate, PilotGroup, PilotMeasure } from '../wire';

/** The accounts that a pilot takes. */
export function whom({ share, segment }: Pilot): string {
  return segment === '' ? say('pilot.whom.share', { share }) : share === 100 ? say('pilot.whom.segment', { segment }) : say('pilot.whom.both', { share, segment });
}

export function Comparison({ pilot }: { pilot: ComparedPilot }) {
  const { against, conversations: { pilot: own, control }, measures, baseline } = pilot.comparison;
  const n = (value: number) => value.toLocaleString();
  return (
    <div class="pilot-compare">
      <p>{say('pilot.conversations', { pilot: n(own.since), control: n(control.since), before: n(own.before), controlBefore: n(control.before), from: moment(baseline.from, now.value) })}</p>
      <div class="policy-table" tabIndex={0} role="region" aria-label={say('pilot.compare')}><table>
        <thead><tr><th>{say('pilot.measure')}</th><th>{say('pilot.group.pilot')}</th><th>{say('pilot.group.control')}</th><th>{say('pilot.difference')}</th><th>{say('pilot.change')}</th></tr></thead>
        <tbody>{measures.map((one) => (
          <tr key={one.measure}><th scope="row">{say(`pilot.measure.${one.measure}`)}</th>
            <Group name={say('pilot.group.pilot')} of={one} group={one.pilot} /><Group name={say('pilot.group.control')} of={one} group={one.control} />
            <Estimate name={say('pilot.difference')} of={one} estimate={one.difference} /><Estimate name={say('pilot.change')} of={one} estimate={one.change} />
          </tr>
        ))}</tbody>
      </table></div>
      <p class="muted">{say(`pilot.against.${against}`)} {say('pilot.foot')} {say('pilot.young')}</p>
    </div>
  );
}

function Group({ name, of, group: { before, since } }: { name: string; of: PilotMeasure; group: PilotGroup }) {
  return (
    <td data-name={name}>
      {since.n > 0 ? <><b>{figure(of.unit, since.mean)}</b> <span class="muted">{say('pilot.cases', { n: since.n.toLocaleString() })}</span></> : <span class="muted">–</span>}
      {before.n > 0 && <small class="muted">{say('pilot.before', { value: figure(of.unit, before.mean) })}</small>}
    </td>
  );
}

function Estimate({ name, of, estimate }: { name: string; of: PilotMeasure; estimate: PilotEstimate | null }) {
  if (!estimate) return <td data-name={name}><span class="muted" title={of.note}>{say('pilot.few')}</span></td>;
  const result = verdict(of.better, estimate);
  return (
    <td data-name={name} class={`pilot-${result}`}>
      <b>{signed(of.unit, estimate.value)}</b> <span>{say(`pilot.${result}`)}</span>
      <small class="muted">{say('pilot.interval', { low: signed(of.unit, estimate.low), high: signed(of.unit, estimate.high) })}</small>
    </td>
  );
}

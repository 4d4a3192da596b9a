import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { inboxes, reason, refreshAgents, tell } from '../state/desk';
import { edited } from '../state/staff';
import { hoursOf, hoursText, wrongsOf } from '../state/people';
import { say } from '../text/say';
import type { Agent, AgentChanges, PolicyNames } from '../wire';
import { Text, Ticks, zones, type Option } from './fields';
import { close, Modal } from './modal';

const FIELDS = ['tiers', 'inboxes', 'inboxes_only', 'mask_addresses', 'leads', 'skills', 'capacity', 'timezone', 'hours'];
const LIMITS = ['inboxes_only', 'mask_addresses'] as const;

export function AgentDialog() {
  return edited.value && <Form agent={edited.value} />;
}

interface Values { tiers: string[]; inboxes: string[]; leads: string[]; skills: string[]; limits: string[]; capacity: string; timezone: string; hours: string }

function valuesOf(agent: Agent): Values {
  return { tiers: agent.tiers.map(String), inboxes: agent.inboxes, leads: agent.leads, skills: agent.skills, limits: LIMITS.filter((limit) => agent[limit]), capacity: agent.capacity ? String(agent.capacity) : '', timezone: agent.timezone, hours: hoursText(agent.hours) };
}

/** What differs from the stored agent. */
function changesOf(agent: Agent, v: Values): AgentChanges {
  const before = valuesOf(agent);
  const differs = (field: keyof Values) => JSON.stringify([v[field]].flat().sort()) !== JSON.stringify([before[field]].flat().sort());
  return {
    ...(differs('tiers') && { tiers: v.tiers.map(Number) }),
    ...(differs('inboxes') && { inboxes: v.inboxes }),
    ...(differs('leads') && { leads: v.leads }),
    ...(differs('skills') && { skills: v.skills }),
    ...(differs('limits') && Object.fromEntries(LIMITS.map((limit) => [limit, v.limits.includes(limit)]))),
    ...(differs('capacity') && { capacity: Number(v.capacity.trim() || 0) }),
    ...(differs('timezone') && { timezone: v.timezone.trim() }),
    ...(differs('hours') && { hours: hoursOf(v.hours) }),
  };
}

/** What an agent works on; the values are those of the policy, and the server checks them. */
function Form({ agent }: { agent: Agent }) {
  const [names, setNames] = useState<PolicyNames | null>(null);
  const [values, setValues] = useState(() => valuesOf(agent));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => void api.policyNames().then(setNames, (error: unknown) => setFailure(reason(error))), []);
  const set = <K extends keyof Values>(field: K) => (value: Values[K]) => {
    setValues((before) => ({ ...before, [field]: value }));
    if (wrong[field]) setWrong({ ...wrong, [field]: '' });
  };
  const refuse = (fields: Record<string, string>, rest: string) => {
    setWrong(fields);
    setFailure(rest);
    setBusy(false);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('input[aria-invalid], textarea[aria-invalid], [aria-invalid] input')?.focus());
  };
  const save = async () => {
    if (busy) return;
    if (!/^\s*-?\d*\s*$/.test(values.capacity)) return refuse({ capacity: say('agents.notNumber') }, '');
    setBusy(true);
    try {
      await api.changeAgent(agent.id, changesOf(agent, values));
      void refreshAgents();
      tell(say('agents.saved', { name: agent.name }));
      close();
    } catch (error) {
      if (!(error instanceof Problem)) return refuse({}, reason(error));
      const { fields, rest } = wrongsOf(error, FIELDS);
      refuse(fields, rest);
    }
  };
  const inboxOptions = (names?.inboxes ?? []).map((key): Option => {
    const known = inboxes.value.find((one) => one.key === key);
    return { value: key, label: known ? <><span class={`tier tier-${known.tier}`}>T{known.tier}</span> {known.name}</> : key };
  });
  return (
    <Modal title={say('agents.editOf', { name: agent.name })} wide>
      <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {names && <>
          <Ticks name="tiers" label={say('agents.tiers')} wrong={wrong.tiers} chosen={values.tiers} change={set('tiers')}
            options={names.tiers.map(({ tier, name }) => ({ value: String(tier), label: <><span class={`tier tier-${tier}`}>T{tier}</span> {name}</> }))} />
          <Ticks name="inboxes" label={say('agents.inboxes')} hint={say('agents.inboxes.hint')} wrong={wrong.inboxes} chosen={values.inboxes} change={set('inboxes')} options={inboxOptions} />
          <Ticks name="leads" label={say('agents.leads')} hint={say('agents.leads.hint')} wrong={wrong.leads} chosen={values.leads} change={set('leads')} options={inboxOptions} />
          <Ticks name="skills" label={say('agents.skills')} wrong={wrong.skills} chosen={values.skills} change={set('skills')} options={names.skills.map((one) => ({ value: one, label: one }))} />
        </>}
        {!agent.admin && <Ticks name="limits" label={say('agents.limits')} hint={say('agents.limits.hint')} wrong={wrong.inboxes_only || wrong.mask_addresses} chosen={values.limits} change={set('limits')}
          options={LIMITS.map((limit) => ({ value: limit, label: say(`agents.${limit}`) }))} />}
        <Text name="capacity" label={say('agents.capacity')} hint={say('agents.capacity.hint')} wrong={wrong.capacity} numeric value={values.capacity} change={set('capacity')} />
        <Text name="timezone" label={say('side.timezone')} hint={say('agents.timezone.hint')} wrong={wrong.timezone} value={values.timezone} change={set('timezone')} list={zones} />
        <Text name="hours" label={say('agents.hours')} hint={say('agents.hours.hint')} wrong={wrong.hours} value={values.hours} change={set('hours')} rows={3} />
        <p class="wrong" role="alert">{failure}</p>
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy}>{say('dialog.save')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

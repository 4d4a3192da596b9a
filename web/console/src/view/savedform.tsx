import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { reason, tell } from '../state/desk';
import { measures } from '../state/reports';
import { saved, selection } from '../state/saved';
import { say } from '../text/say';
import type { SavedReport } from '../wire';
import { Text, Ticks } from './fields';

const SCOPES = ['own', 'team', 'all'] as const;

/** Saves what the page shows under a name, or changes the name, the scope and the measures of a report. */
export function SavedForm({ report, done }: { report: SavedReport | null; done: (saved: SavedReport | null) => void }) {
  const now = selection();
  const [name, setName] = useState(report?.name ?? '');
  const [scope, setScope] = useState<SavedReport['scope']>(report?.scope ?? 'own');
  const [ticked, setTicked] = useState<readonly string[]>(report?.measures ?? now.measures);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const refuse = (found: Record<string, string>) => {
    setWrong(found);
    setBusy(false);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const save = async () => {
    if (busy) return;
    const missing = { ...(!name.trim() && { name: say('saved.name.missing') }), ...(ticked.length === 0 && { measures: say('saved.measures.missing') }) };
    if (Object.keys(missing).length > 0) return refuse(missing);
    setBusy(true);
    const order = (one: string) => (measures as string[]).indexOf(one);
    const body = { name, scope, measures: [...ticked].sort((a, b) => order(a) - order(b)) };
    try {
      const kept = report ? await saved.change(report, body) : await saved.create({ ...now, ...body });
      tell(say(report ? 'saved.updated' : 'saved.created', { name: kept.name }));
      done(kept);
    } catch (error) {
      const found: Record<string, string> = {};
      if (error instanceof Problem) for (const { location = '', message = '' } of error.errors) found[location.replace('body.', '')] = message;
      if (error instanceof Problem && error.status === 409) found.name = reason(error);
      refuse(Object.keys(found).length > 0 ? found : { '': reason(error) });
    }
  };
  const what = report ?? now;
  const by = what.by ? say('saved.by', { by: say(`reports.by.${what.by as 'day'}`).toLowerCase() }) : say('saved.by.usual');
  return (
    <form ref={form} class="saved-form" noValidate aria-label={say(report ? 'saved.edit' : 'saved.save')} onSubmit={(event) => { event.preventDefault(); void save(); }}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); done(null); } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void save(); } }}>
      <div class="saved-fields">
        <Text name="name" label={say('saved.name')} value={name} wrong={wrong.name} change={(text) => { setName(text); setWrong({}); }} />
        <div class="labelled"><label for="saved-scope"><span>{say('saved.scope')}</span></label>
          <select id="saved-scope" class="field" value={scope} aria-describedby="saved-scope-hint" onChange={(event) => setScope(event.currentTarget.value as SavedReport['scope'])}>
            {SCOPES.map((one) => <option key={one} value={one}>{say(`saved.scope.${one}`)}</option>)}
          </select>
          <p class="hint" id="saved-scope-hint">{say('saved.scope.hint')}</p></div>
      </div>
      <Ticks name="measures" label={say('saved.measures')} wrong={wrong.measures} options={measures.map((one) => ({ value: one, label: say(`measure.${one}`) }))} chosen={ticked} change={(list) => { setTicked(list); setWrong({}); }} />
      <p class="muted">{say('saved.kept', { period: say(`reports.period.${what.period as 'last_month'}`).toLowerCase(), clock: say(`saved.clock.${what.clock as 'wall'}`), by })}</p>
      {wrong[''] && <p class="wrong" role="alert">{wrong['']}</p>}
      <p class="saved-tools"><button class="button button-primary" disabled={busy}>{say('saved.create')}</button><button type="button" class="button button-quiet" onClick={() => done(null)}>{say('saved.cancel')}</button></p>
    </form>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { agents, inboxes, me, reason, tell } from '../state/desk';
import { KINDS, kindOf, macros, meanings, wrongsOfMacro, type ActionKind } from '../state/macros';
import { say } from '../text/say';
import type { Macro, MacroAction, PatchMacroInputBody } from '../wire';
import { Text, Ticks } from './fields';
import { Icon } from './icon';
import { example, Shown } from './macroshown';

interface Values { name: string; scope: Macro['scope']; inboxes: string[]; text: string; actions: MacroAction[] }

const blank = (): Values => ({ name: '', scope: 'private', inboxes: [], text: '', actions: [] });
const FIRST: Record<ActionKind, string> = { tag: '', untag: '', status: 'resolved', move: '', assign: 'me', priority: 'high' };

/** Creates a macro, or changes one. */
export function MacroForm({ macro, done }: { macro: Macro | null; done: (saved: Macro | null) => void }) {
  const [base, setBase] = useState(macro);
  const [values, setValues] = useState<Values>(macro ?? blank);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [theirs, setTheirs] = useState<Macro | null>(null);
  const [busy, setBusy] = useState(false);
  const [empty, setEmpty] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const set = (change: Partial<Values>, ...fields: string[]) => {
    setValues((before) => ({ ...before, ...change }));
    setWrong((before) => Object.fromEntries(Object.entries(before).filter(([name]) => !fields.includes(name))));
  };
  const refuse = (found: Record<string, string>) => {
    setWrong(found);
    setBusy(false);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const save = async (basedOn: Macro | null) => {
    if (busy) return;
    const missing = values.actions.flatMap((action, i) => (action[kindOf(action)] ? [] : [[`actions.${i}`, say('macros.action.missing')]]));
    if (!values.name.trim()) missing.unshift(['name', say('macros.name.missing')]);
    if (missing.length > 0) return refuse(Object.fromEntries(missing) as Record<string, string>);
    setBusy(true);
    const body: PatchMacroInputBody = { name: values.name, inboxes: values.inboxes, text: values.text, actions: values.actions };
    try {
      const saved = basedOn ? await macros.change(basedOn.id, { ...body, based_on: basedOn.updated_at }) : await macros.create({ ...body, scope: values.scope });
      tell(say('macros.saved', { name: saved.name }));
      done(saved);
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 0) return refuse({ '': reason(error) });
      if (error.status !== 409) return refuse(wrongsOfMacro(error));
      const stored = basedOn && await macros.one(basedOn.id).catch(() => null);
      if (!stored || stored.updated_at === basedOn.updated_at) return refuse({ name: wrongsOfMacro(error)[''] ?? reason(error) }); // the name is taken
      setTheirs(stored);
      setBusy(false);
    }
  };
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const insert = (name: string) => {
    const area = form.current?.querySelector('textarea');
    if (!area) return;
    area.focus();
    document.execCommand('insertText', false, `{{${name}}}`);
  };
  const mayShare = me.value.admin || me.value.leads.length > 0;
  const title = macro ? say('macros.editOf', { name: macro.name }) : say('macros.add');
  return (
    <form ref={form} class="macro-form" noValidate aria-label={title} onSubmit={(event) => { event.preventDefault(); void save(base); }}
      onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void save(base); } }}>
      {theirs && <div class="asked" role="alert"><Icon name="warn" size={16} /><span>{say('macros.conflict')}</span>
        <div class="asked-tools">
          <button type="button" class="button" onClick={() => { setBase(theirs); setValues(theirs); setTheirs(null); setWrong({}); }}>{say('macros.conflict.theirs')}</button>
          <button type="button" class="button" onClick={() => { setBase(theirs); setTheirs(null); void save(theirs); }}>{say('composer.elsewhere.keep')}</button>
        </div>
      </div>}
      <Text name="name" label={say('macros.name')} wrong={wrong.name} value={values.name} change={(name) => set({ name }, 'name')} />
      {!macro && mayShare && (
        <fieldset class="labelled"><legend>{say('macros.scope')}</legend><div class="target-inboxes">
          {(['private', 'shared'] as const).map((scope) => (
            <label class="target" key={scope}><input type="radio" name="scope" checked={values.scope === scope} onChange={() => set({ scope })} /><span>{say(`macros.scope.${scope}`)}</span></label>
          ))}
        </div></fieldset>
      )}
      <Ticks name="macro-inboxes" label={say('hooks.inboxes')} hint={say('macros.inboxes.hint')} wrong={wrong.inboxes} chosen={values.inboxes} change={(chosen) => set({ inboxes: chosen }, 'inboxes')}
        options={inboxes.value.map((one) => ({ value: one.key, label: one.name }))} />
      <Text name="text" label={say('macros.text')} hint={say('macros.text.hint')} wrong={wrong.text} value={values.text} rows={8} change={(text) => set({ text }, 'text')} />
      <div class="macro-variables" role="group" aria-label={say('macros.variables')}>
        {Object.entries(meanings.value).map(([name, meaning]) => <button key={name} type="button" class="chip" title={meaning} aria-label={`${name}: ${meaning}`} onMouseDown={(event) => event.preventDefault()} onClick={() => insert(name)}>{name}</button>)}
      </div>
      {values.text.trim() && (
        <section class="macro-preview" aria-label={say('macros.preview')}>
          <p class="macro-tools"><b>{say('macros.preview')}</b><label><input type="checkbox" checked={empty} onChange={(event) => setEmpty(event.currentTarget.checked)} /> {say('macros.preview.empty')}</label></p>
          <Shown text={values.text} values={empty ? {} : example()} />
        </section>
      )}
      <fieldset class="labelled macro-does-form"><legend>{say('macros.actions')}</legend>
        {values.actions.length === 0 && <p class="hint">{say('macros.actions.none')}</p>}
        {values.actions.map((action, i) => (
          <Action key={i} action={action} place={i} wrong={wrong[`actions.${i}`]} change={(next) => set({ actions: values.actions.map((one, j) => (j === i ? next : one)) }, `actions.${i}`)}
            remove={() => set({ actions: values.actions.filter((_, j) => j !== i) }, ...values.actions.map((_, j) => `actions.${j}`))} />
        ))}
        <button type="button" class="button" onClick={() => set({ actions: [...values.actions, { tag: '' }] })}><Icon name="plus" size={15} />{say('macros.action.add')}</button>
        {wrong.actions && <p class="wrong">{wrong.actions}</p>}
      </fieldset>
      <p class="wrong" role="alert">{wrong['']}</p>
      <p class="macro-tools"><button class="button button-primary" disabled={busy}>{say('dialog.save')}</button><button type="button" class="button button-quiet" onClick={() => done(null)}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

interface ActionProps { action: MacroAction; place: number; wrong: string | undefined; change: (action: MacroAction) => void; remove: () => void }

function Action({ action, place, wrong, change, remove }: ActionProps) {
  const kind = kindOf(action);
  const value = action[kind] ?? '';
  const label = say('macros.action.what', { n: place + 1 });
  const marks = { 'aria-label': label, 'aria-invalid': wrong ? ('true' as const) : undefined, 'aria-describedby': wrong ? `wrong-action-${place}` : undefined, class: 'field' };
  const put = (text: string, more: Partial<MacroAction> = {}) => change({ [kind]: text, ...more } as MacroAction);
  const choice = (options: readonly (readonly [string, string])[]) => (
    <select {...marks} value={value} onChange={(event) => put(event.currentTarget.value, kind === 'status' && event.currentTarget.value === 'snoozed' ? { until: '3d' } : kind === 'move' && action.note ? { note: action.note } : {})}>
      {options.map(([one, text]) => <option key={one} value={one}>{text}</option>)}
    </select>
  );
  return (
    <div class="macro-action">
      <select class="field" aria-label={say('macros.action.kind', { n: place + 1 })} value={kind}
        onChange={(event) => { const next = event.currentTarget.value as ActionKind; change({ [next]: next === 'move' ? inboxes.value[0]?.key ?? '' : FIRST[next] } as MacroAction); }}>
        {KINDS.map((one) => <option key={one} value={one}>{say(`macros.kind.${one}`)}</option>)}
      </select>
      {(kind === 'tag' || kind === 'untag') && <input {...marks} value={value} maxLength={100} autocomplete="off" placeholder={say('macros.action.tag')} onInput={(event) => put(event.currentTarget.value)} />}
      {kind === 'status' && choice((['open', 'pending', 'snoozed', 'resolved', 'closed'] as const).map((one) => [one, say(`status.${one}`)] as const))}
      {kind === 'priority' && choice((['low', 'normal', 'high', 'urgent'] as const).map((one) => [one, say(`priority.${one}`)] as const))}
      {kind === 'move' && choice(inboxes.value.map((one) => [one.key, one.name] as const))}
      {kind === 'assign' && choice([['me', say('macros.assign.me')], ['nobody', say('macros.assign.nobody')], ...agents.value.map((one) => [one.id, one.name] as const)])}
      {action.status === 'snoozed' && <input class="field macro-until" aria-label={say('macros.action.until')} value={action.until ?? ''} onInput={(event) => change({ status: 'snoozed', until: event.currentTarget.value.trim() })} />}
      <button type="button" class="tool" title={say('macros.action.remove', { n: place + 1 })} onClick={remove}><Icon name="close" size={15} /><span class="sr">{say('macros.action.remove', { n: place + 1 })}</span></button>
      {kind === 'move' && <input class="field macro-note" aria-label={say('macros.action.note')} placeholder={say('macros.action.note')} value={action.note ?? ''} onInput={(event) => put(value, event.currentTarget.value ? { note: event.currentTarget.value } : {})} />}
      {wrong && <p class="wrong" id={`wrong-action-${place}`}>{wrong}</p>}
    </div>
  );
}

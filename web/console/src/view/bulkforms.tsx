// What an operation on many conversations asks for.
import { useEffect, useState } from 'preact/hooks';
import { CHUNK, run, type Work } from '../state/bulk';
import { agents, me, now, reason, tell, tiers } from '../state/desk';
import { known, load, actionText } from '../state/macros';
import { chosen, everything, size, type Op } from '../state/selection';
import { count, say } from '../text/say';
import { moment, parseWhen } from '../text/time';
import type { Conversation } from '../wire';
import { Avatar } from './avatar';
import { Icon } from './icon';
import { close } from './modal';

const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;

interface FormProps { go: (work: readonly Work[], text: (n: number) => string) => void }

export function Form({ op }: { op: Op }) {
  const [wrong, setWrong] = useState('');
  const go: FormProps['go'] = (work, text) => {
    setWrong('');
    const many = size.value > CHUNK; // then the form is not shown meanwhile
    run(work, text).catch((error: unknown) => (many ? tell(reason(error), { bad: true }) : setWrong(reason(error))));
  };
  const Fields = { assign: Assign, move: Move, tag: Tags, priority: Priority, snooze: Snooze, resolve: Resolve, macro: Macros }[op];
  return <><Fields go={go} /><p class="wrong" role="alert">{wrong}</p></>;
}

/** Choices that a word narrows down; Enter takes the first one. */
function Choices<T extends { id: string; name: string; hint: string; avatar?: string }>({ all, filter, none, pick }: { all: readonly T[]; filter: string; none: string; pick: (one: T) => void }) {
  const [text, setText] = useState('');
  const found = all.filter(({ name, hint }) => `${name} ${hint}`.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <>
      <form onSubmit={(event) => { event.preventDefault(); if (found[0]) pick(found[0]); }}>
        <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder={filter} aria-label={filter} />
      </form>
      <ul class="choices">
        {found.map((one) => (
          <li key={one.id}>
            <button class="choice" onClick={() => pick(one)}>
              {one.avatar ? <Avatar name={one.avatar} size="small" /> : <Icon name={one.avatar === '' ? 'close' : 'macro'} size={16} />}
              <span dir="auto">{one.name}</span><span class="muted">{one.hint}</span>
            </button>
          </li>
        ))}
        {found.length === 0 && <li class="muted">{none}</li>}
      </ul>
    </>
  );
}

function Assign({ go }: FormProps) {
  const others = agents.value.filter((agent) => agent.id !== me.value.id);
  const all = [
    { id: 'me', name: say('assign.me'), hint: me.value.name, avatar: me.value.name },
    ...others.map((agent) => ({ id: agent.id, name: agent.name, hint: agent.email, avatar: agent.name })),
    { id: 'none', name: say('assign.unassign'), hint: '', avatar: '' },
  ];
  return <Choices all={all} filter={say('assign.filter')} none={say('assign.none')} pick={({ id, avatar }) =>
    go([{ op: 'assign', args: { assignee: id } }], (n) => (id === 'none' ? count('bulk.done.unassign', n) : count('bulk.done.assign', n, { to: id === 'me' ? say('thread.you').toLowerCase() : avatar })))} />;
}

function Macros({ go }: FormProps) {
  const [wrong, setWrong] = useState('');
  useEffect(() => { load().catch((error: unknown) => setWrong(reason(error))); }, []);
  const list = (known.value ?? []).filter((one) => one.text === '' && one.actions.length > 0);
  if (!known.value || list.length === 0) return <p class="muted" role="status">{wrong || say(known.value ? 'bulk.macro.none' : 'bulk.macro.loading')}</p>;
  const all = list.map((one) => ({ id: one.id, name: one.name, hint: one.actions.map(actionText).join(' · ') }));
  return <Choices all={all} filter={say('bulk.macro.filter')} none={say('macros.noMatch', { query: '' })} pick={({ id, name }) => go([{ op: 'macro', args: { macro: id } }], (n) => count('bulk.done.macro', n, { to: name }))} />;
}

function Priority({ go }: FormProps) {
  return (
    <ul class="choices">
      {PRIORITIES.map((one) => (
        <li key={one}>
          <button class="choice" autofocus={one === 'urgent'} onClick={() => go([{ op: 'priority', args: { priority: one } }], (n) => count('bulk.done.priority', n, { to: say(`priority.${one}`).toLowerCase() }))}>
            <Icon name="flag" size={16} /><span class={`priority priority-${one}`}>{say(`priority.${one}`)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Snooze({ go }: FormProps) {
  const [text, setText] = useState('');
  const until = text.trim() ? parseWhen(text, now.value) : null;
  const wrong = !text.trim() ? '' : until === null ? say('snooze.bad') : until <= now.value ? say('snooze.past') : '';
  const shown = (at: number) => moment(new Date(at).toISOString(), now.value);
  const pick = (at: number) => go([{ op: 'snooze', args: { until: new Date(at).toISOString() } }], (n) => count('bulk.done.snooze', n, { to: shown(at) }));
  const presets = ([['snooze.later', '3h'], ['snooze.tomorrow', 'tomorrow'], ['snooze.monday', 'mon']] as const)
    .map(([label, when]) => ({ label: say(label), at: parseWhen(when, now.value)! }));
  return (
    <>
      <form onSubmit={(event) => { event.preventDefault(); if (until && !wrong) pick(until); }}>
        <label class="labelled"><span>{say('snooze.when')}</span>
          <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder={say('snooze.hint')} aria-describedby="snooze-wrong" />
        </label>
        <p id="snooze-wrong" class="wrong" role="status">{wrong}</p>
        {until !== null && !wrong && <button class="button button-primary">{say('snooze.go', { time: shown(until) })}</button>}
      </form>
      <ul class="choices">
        {presets.map((preset) => (
          <li key={preset.label}><button class="choice" onClick={() => pick(preset.at)}><Icon name="clock" size={16} /><span>{preset.label}</span><span class="muted">{shown(preset.at)}</span></button></li>
        ))}
      </ul>
    </>
  );
}

function Resolve({ go }: FormProps) {
  const busy = everything.value === null ? chosen.value.filter((row) => row.open_tasks > 0).length : 0;
  return (
    <form onSubmit={(event) => { event.preventDefault(); go([{ op: 'resolve', args: {} }], (n) => count('bulk.done.resolve', n)); }}>
      <p>{say('bulk.resolve.effect')}</p>
      {busy > 0 && <p class="muted">{count('bulk.resolve.tasks', busy)}</p>}
      <footer class="modal-foot">
        <button autofocus class="button button-primary">{say('bulk.resolve.go')}</button>
        <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
      </footer>
    </form>
  );
}

/** How many of the rows have each tag, the most frequent first. */
export function tagsOf(rows: readonly Pick<Conversation, 'tags'>[]): [string, number][] {
  const out = new Map<string, number>();
  for (const tag of rows.flatMap((row) => row.tags)) out.set(tag, (out.get(tag) ?? 0) + 1);
  return [...out].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function Tags({ go }: FormProps) {
  const [text, setText] = useState('');
  const [away, setAway] = useState<readonly string[]>([]);
  const add = [...new Set(text.split(',').map((one) => one.trim()).filter(Boolean))];
  const work: Work[] = [...(add.length > 0 ? [{ op: 'tag' as const, args: { tags: add } }] : []), ...(away.length > 0 ? [{ op: 'untag' as const, args: { tags: [...away] } }] : [])];
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (work.length > 0) go(work, (n) => count('bulk.done.tag', n)); }}>
      <label class="labelled"><span>{say('bulk.tag.add')}</span><input autofocus class="field" dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" /></label>
      {tagsOf(chosen.value).length > 0 && (
        <fieldset class="labelled"><legend>{say('bulk.tag.remove')}</legend>
          <div class="target-inboxes">
            {tagsOf(chosen.value).slice(0, 30).map(([tag, n]) => (
              <label class="target" key={tag}>
                <input type="checkbox" checked={away.includes(tag)} onChange={(event) => setAway(event.currentTarget.checked ? [...away, tag] : away.filter((one) => one !== tag))} />
                <span dir="auto">{tag}</span>{n < chosen.value.length && <span class="muted">{n}</span>}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <footer class="modal-foot">
        <button class="button button-primary" disabled={work.length === 0}>{say('bulk.tag.go')}</button>
        <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
      </footer>
    </form>
  );
}

function Move({ go }: FormProps) {
  const [target, setTarget] = useState('');
  const [note, setNote] = useState('');
  const group = tiers.value.find((one) => one.inboxes.some((inbox) => inbox.key === target));
  const name = group?.inboxes.find((inbox) => inbox.key === target)?.name ?? '';
  const rises = group !== undefined && (everything.value !== null || chosen.value.some((row) => row.tier < group.tier));
  const text = note.trim();
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (target) go([{ op: 'move', args: { inbox: target, ...(text && { note: text }) } }], (n) => count('bulk.done.move', n, { to: name })); }}>
      <fieldset class="targets"><legend class="sr">{say('move.where')}</legend>
        {tiers.value.map((one) => (
          <div class="target-tier" key={one.tier}>
            <span class="target-name"><span class={`tier tier-${one.tier}`}>T{one.tier}</span>{one.name}</span>
            <div class="target-inboxes">
              {one.inboxes.map((inbox, i) => (
                <label class="target" key={inbox.key}>
                  <input type="radio" name="target" value={inbox.key} checked={target === inbox.key} autofocus={i === 0 && one === tiers.value[0]} onChange={() => setTarget(inbox.key)} />
                  <span dir="auto">{inbox.name}</span>
                </label>
              ))}
            </div>
          </div>
        ))}
      </fieldset>
      <div class="labelled">
        <label for="bulk-note"><span>{say('bulk.move.note')}</span> <span class={rises ? 'required' : 'muted'}>{rises ? say('bulk.move.needed') : say('move.noteOptional')}</span></label>
        <textarea id="bulk-note" class="field" dir="auto" rows={5} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </div>
      {rises && !note && <button type="button" class="quiet" onClick={() => { setNote(say('move.template')); document.getElementById('bulk-note')?.focus(); }}>{say('move.useTemplate')}</button>}
      <footer class="modal-foot">
        <button class="button button-primary" disabled={!target}>{name ? say('move.go', { name }) : say('move.to')}</button>
        <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
      </footer>
    </form>
  );
}


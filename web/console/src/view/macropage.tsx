import { useEffect, useState } from 'preact/hooks';
import { inboxes, now, reason, tell } from '../state/desk';
import { actionText, known, load, macros } from '../state/macros';
import { matching } from '../text/macro';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { Macro } from '../wire';
import { Icon } from './icon';
import { MacroForm } from './macroform';
import { example, Shown } from './macroshown';

/** Shared and own macros. */
export function Page() {
  const [failure, setFailure] = useState('');
  const [editing, setEditing] = useState<Macro | 'new' | null>(null);
  const [filter, setFilter] = useState('');
  const again = () => void load().then(() => setFailure(''), (error: unknown) => setFailure(reason(error)));
  useEffect(() => {
    again();
    addEventListener('focus', again);
    return () => removeEventListener('focus', again);
  }, []);
  const list = known.value;
  const all = list && (filter.trim() ? matching(list.map((one) => ({ ...one, inboxes: [] })), filter, '').map((one) => list.find(({ id }) => id === one.id)!) : list);
  const shared = all?.filter((one) => one.scope === 'shared') ?? [];
  const own = all?.filter((one) => one.scope === 'private') ?? [];
  const done = (saved: Macro | null) => { setEditing(null); if (saved) again(); };
  const part = (title: string, some: readonly Macro[]) => some.length > 0 && (
    <section class="macro-part" aria-label={title}><h2>{title}</h2><ul class="raws">{some.map((one) => (editing !== 'new' && editing?.id === one.id
      ? <li key={one.id} class="raw"><MacroForm macro={editing} done={done} /></li>
      : <Line key={one.id} macro={one} edit={() => setEditing(one)} changed={again} />))}</ul></section>
  );
  return (
    <main class="page macros" aria-label={say('view.macros')}>
      <header class="page-head">
        <h1>{say('view.macros')}</h1>
        <p class="muted">{say('macros.explain')}</p>
        <p class="macro-tools">
          {editing !== 'new' && <button class="button button-primary" onClick={() => setEditing('new')}><Icon name="plus" size={16} />{say('macros.add')}</button>}
          {list && list.length > 6 && <input class="field macro-filter" type="search" value={filter} placeholder={say('macros.filter')} aria-label={say('macros.filter')} onInput={(event) => setFilter(event.currentTarget.value)} />}
        </p>
      </header>
      {editing === 'new' && <div class="macro-new"><MacroForm macro={null} done={done} /></div>}
      {failure && <div class="empty" role="alert"><p>{say('macros.unloaded', { reason: failure })}</p><button class="button" onClick={again}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && editing !== 'new' && <div class="empty"><Icon name="macro" size={30} /><p>{say('macros.none')}</p><p class="muted">{say('macros.none.hint')}</p></div>}
      {list && list.length > 0 && all?.length === 0 && <div class="empty"><p>{say('macros.noMatch', { query: filter })}</p></div>}
      {part(say('macros.shared'), shared)}
      {part(say('macros.own'), own)}
    </main>
  );
}

function Line({ macro, edit, changed }: { macro: Macro; edit: () => void; changed: () => void }) {
  const names = macro.inboxes.map((key) => inboxes.value.find((one) => one.key === key)?.name ?? key);
  const remove = async () => {
    if (!confirm(say('macros.remove.sure', { name: macro.name }))) return;
    try {
      await macros.remove(macro.id);
      tell(say('macros.removed', { name: macro.name }));
    } catch (error) {
      tell(reason(error), { bad: true });
    }
    changed();
  };
  return (
    <li class="raw macro" aria-label={macro.name}>
      <Icon name={macro.text ? 'macro' : 'begun'} />
      <div class="raw-body">
        <p class="channel-head"><b dir="auto">{macro.name}</b>{names.map((name) => <span class="chip" key={name}>{name}</span>)}
          <span class="muted">{macro.uses === 0 ? say('macros.unused') : count('macros.uses', macro.uses)}{macro.last_used_at && ` · ${say('macros.last', { time: moment(macro.last_used_at, now.value) })}`}</span>
        </p>
        {macro.text && <Shown text={macro.text.replace(/\n\s*\n/g, '\n')} values={example()} />}
        {macro.actions.length > 0 && <ul class="macro-actions">{macro.actions.map((action, i) => <li key={i} class="macro-chip"><span dir="auto">{actionText(action)}</span></li>)}</ul>}
      </div>
      {macro.editable && <div class="raw-tools">
        <button class="button" aria-label={say('macros.editOf', { name: macro.name })} onClick={edit}>{say('macros.edit')}</button>
        <button class="button button-quiet" aria-label={say('macros.removeOf', { name: macro.name })} onClick={() => void remove()}>{say('hooks.remove')}</button>
      </div>}
    </li>
  );
}

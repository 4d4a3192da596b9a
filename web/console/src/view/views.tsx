// Saved views: their entries in the rail, and the dialogs. Loaded after the first screen.
import '../text/pages';
import '../text/views';
import { useState } from 'preact/hooks';
import { Problem } from '../api';
import { go, me, place, reason, tell } from '../state/desk';
import { ORDERS, orderOf } from '../state/order';
import { refusedFields } from '../state/work';
import { sortIn } from '../state/search';
import { savedAs, textOf, views } from '../state/viewnames';
import { loadViews, requests } from '../state/views';
import { say } from '../text/say';
import type { SavedView } from '../wire';
import { Text } from './fields';
import { Icon } from './icon';
import { close, Modal } from './modal';
import { Entry } from './rail';

const SCOPES = ['own', 'team', 'all'] as const;

export function Views() {
  const groups = SCOPES.map((scope) => [scope, views.value.filter((one) => one.scope === scope)] as const).filter(([, list]) => list.length > 0);
  return (
    <>
      {groups.map(([scope, list]) => (
        <ul class="entries" key={scope} aria-label={say(`views.${scope}`)}>
          {list.map((one) => <Entry key={one.id} view={{ kind: 'search', text: textOf(one) }} label={one.name} icon={scope === 'own' ? 'star' : 'team'} count={one.count} />)}
        </ul>
      ))}
    </>
  );
}

/** Saves the search that is shown, or changes the saved view that it is. */
export function ViewDialog() {
  const { view } = place.value;
  const known = savedAs(view);
  const mine = known?.editable ? known : undefined;
  const shown = view.kind === 'search' ? view.text.trim() : '';
  const [name, setName] = useState(mine?.name ?? '');
  const [q, setQ] = useState(known?.q ?? shown.replace(/(?:^|\s)sort:\S+/i, '').trim());
  const [sort, setSort] = useState<SavedView['sort']>(known?.sort ?? orderOf(view));
  const [scope, setScope] = useState<SavedView['scope']>(mine?.scope ?? 'own');
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);

  const doing = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
      close();
    } catch (error) {
      setWrong(error instanceof Problem && error.status === 422 ? refusedFields(error, ['name', 'q', 'sort', 'scope']) : { '': reason(error) });
      setBusy(false);
    }
  };
  const save = () => doing(async () => {
    const body = { name, q, sort, scope };
    const done = mine ? await requests.change(mine.id, { ...body, based_on: mine.updated_at }) : await requests.create(body);
    views.value = [...views.value.filter((one) => one.id !== done.id), { ...done, count: null }].sort((a, b) => a.name.localeCompare(b.name));
    tell(say('views.done.saved', { name: done.name }));
    go({ kind: 'search', text: textOf(done) });
    void loadViews();
  });
  const remove = (it: SavedView) => doing(async () => {
    await requests.remove(it.id);
    views.value = views.value.filter((one) => one.id !== it.id);
    const { name, q, sort, scope } = it;
    tell(say('views.done.deleted', { name }), { undo: () => { requests.create({ name, q, sort, scope }).then(loadViews, (error: unknown) => tell(reason(error), { bad: true })); } });
  });

  return (
    <Modal title={mine ? say('views.edit', { name: mine.name }) : say('views.new')}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!busy) void save(); }}>
        {known && !mine && <p class="muted">{say('views.copy', { name: known.owner.name })}</p>}
        <Text name="name" label={say('views.name')} wrong={wrong.name} value={name} autofocus change={(text) => { setName(text); setWrong({}); }} />
        <Text name="q" label={say('views.q')} wrong={wrong.q} value={q} change={(text) => { setQ(text); setWrong({}); }} />
        {!sortIn(q) && (
          <label class="labelled"><span>{say('views.sort')}</span>
            <select class="field" value={sort} onChange={(event) => setSort(event.currentTarget.value as SavedView['sort'])}>{ORDERS.map((one) => <option key={one} value={one}>{say(`sort.${one}`)}</option>)}</select>
          </label>
        )}
        <label class="labelled"><span>{say('views.scope')}</span>
          <select class="field" value={scope} aria-describedby="view-scope" onChange={(event) => setScope(event.currentTarget.value as SavedView['scope'])}>{SCOPES.map((one) => <option key={one} value={one}>{say(`views.scope.${one}`)}</option>)}</select>
        </label>
        <p id="view-scope" class="muted">{say('views.scope.hint')}</p>
        <p class="wrong" role="alert">{[wrong[''], wrong.sort, wrong.scope].filter(Boolean).join(' ')}</p>
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('views.save')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
          {mine && <button type="button" class="button" disabled={busy} onClick={() => void remove(mine)}>{say('views.delete')}</button>}
        </footer>
      </form>
    </Modal>
  );
}

/** Goes to a view by its name. */
export function ViewsDialog() {
  const [text, setText] = useState('');
  const found = views.value.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const pick = (one: SavedView) => { close(); go({ kind: 'search', text: textOf(one) }); };
  return (
    <Modal title={say('views.choose')}>
      <form onSubmit={(event) => { event.preventDefault(); if (found[0]) pick(found[0]); }}>
        <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder={say('views.filter')} aria-label={say('views.filter')} />
      </form>
      <ul class="choices">
        {found.map((one) => (
          <li key={one.id}><button class="choice" title={textOf(one)} onClick={() => pick(one)}>
            <Icon name={one.scope === 'own' ? 'star' : 'team'} size={16} /><span dir="auto">{one.name}</span><span class="muted">{[one.owner.id !== me.value.id && say('views.by', { name: one.owner.name }), one.count !== null && say('views.count', { n: one.count })].filter(Boolean).join(' · ')}</span>
          </button></li>
        ))}
        {found.length === 0 && <li class="muted">{say('views.none')}</li>}
      </ul>
    </Modal>
  );
}

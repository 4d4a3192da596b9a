// Macros in the composer: the menu that opens behind a slash, and what the chosen one does.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { blanks, macroOf, setMacro, wanted } from '../state/applied';
import { go, reason, refreshCounts, tell } from '../state/desk';
import { actionText, known, load, macros, meanings } from '../state/macros';
import { refreshThread } from '../state/thread';
import { type as typed, writing } from '../state/writing';
import { fillIn, matching, slashIn, type Slash } from '../text/macro';
import { count, say } from '../text/say';
import { variablesOf } from '../text/variables';
import type { Conversation, Macro } from '../wire';
import { Icon } from './icon';

type Area = RefObject<HTMLTextAreaElement>;
interface Props { conversation: Conversation; field: Area }

/** Puts a text in place of a part of the field, as if it were typed, so that the browser can undo it. */
function put(area: HTMLTextAreaElement, from: number, to: number, text: string): void {
  area.focus();
  area.setSelectionRange(from, to);
  if (text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text)) return;
  area.setRangeText(text, from, to, 'end');
  area.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

/** Opens the menu where the cursor is. */
function openMenu(area: HTMLTextAreaElement): void {
  const { value, selectionStart: at } = area;
  put(area, at, area.selectionEnd, at === 0 || /\s/.test(value[at - 1]!) ? '/' : ' /');
}

async function choose(conversation: Conversation, macro: Macro, area: HTMLTextAreaElement, slash: Slash): Promise<void> {
  const preview = await macros.preview(conversation.id, macro.id);
  const end = slash.at + 1 + slash.query.length;
  const there = area.value.slice(slash.at, end) === `/${slash.query}`;
  const from = there ? slash.at : area.selectionStart;
  put(area, from, there ? end : area.selectionEnd, preview.text);
  const [first] = preview.missing.map((name) => variableAt(area.value, name, from)).filter((one) => one !== null);
  if (first) area.setSelectionRange(first[0], first[1]);
  if (preview.actions.length === 0 && macroOf(conversation.id)) return; // its actions stay
  const without = preview.actions.flatMap(({ problem }, place) => (problem ? [place] : []));
  const before = setMacro(conversation.id, { id: macro.id, name: macro.name, bare: macro.text === '', actions: preview.actions, without });
  if (before && before.id !== macro.id && before.without.length < before.actions.length) {
    tell(say('macros.replaced', { name: before.name }), { undo: () => setMacro(conversation.id, before) });
  }
}

/** Where a variable is in a text. */
function variableAt(text: string, name: string, from: number): [number, number] | null {
  const found = new RegExp(`\\{\\{\\s*${name.replace(/\./g, '\\.')}\\s*\\}\\}`).exec(text.slice(from));
  return found ? [from + found.index, from + found.index + found[0].length] : null;
}

/** The menu of macros, a listbox of the field: the focus stays in the text. */
export function Menu({ conversation, field }: Props) {
  const [slash, setSlash] = useState<Slash | null>(null);
  const [active, setActive] = useState(0);
  const [failure, setFailure] = useState('');
  const closed = useRef(-1);
  const list = known.value ? matching(known.value, slash?.query ?? '', conversation.inbox.key) : null;
  const shown = slash !== null && !(list?.length === 0 && slash.query.includes(' '));
  const chosen = shown ? list?.[Math.min(active, list.length - 1)] : undefined;
  const now = useRef<{ slash: Slash | null; chosen: Macro | undefined; n: number }>({ slash, chosen, n: 0 });
  now.current = { slash: shown ? slash : null, chosen, n: list?.length ?? 0 };

  const fetchAll = () => { setFailure(''); load().catch((error: unknown) => setFailure(reason(error))); };
  const close = () => { closed.current = now.current.slash?.at ?? -1; setSlash(null); };
  const take = (macro: Macro) => {
    const { slash: here } = now.current;
    close();
    if (here && field.current) choose(conversation, macro, field.current, here).catch((error: unknown) => tell(say('macros.failed', { name: macro.name, reason: reason(error) }), { bad: true }));
  };

  useEffect(() => { if (slash) fetchAll(); }, [slash !== null]);
  useEffect(() => setActive(0), [slash?.query]);
  useEffect(() => {
    const area = field.current!;
    const look = () => {
      const found = slashIn(area.value, area.selectionStart, area.selectionEnd);
      if (!found) closed.current = -1;
      setSlash((before) => (!found || found.at === closed.current ? null : before?.at === found.at && before.query === found.query ? before : found));
    };
    const onKey = (event: KeyboardEvent) => {
      const { slash: here, chosen: macro, n } = now.current;
      if (!here || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') close();
      else if (n > 0 && event.key === 'ArrowDown') setActive((i) => (Math.min(i, n - 1) + 1) % n);
      else if (n > 0 && event.key === 'ArrowUp') setActive((i) => (Math.min(i, n - 1) + n - 1) % n);
      else if (macro && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) take(macro);
      else return;
      event.preventDefault();
    };
    const onBlur = () => setSlash(null);
    const heard: [string, EventListener][] = [['input', look], ['keyup', look], ['click', look], ['keydown', onKey as EventListener], ['blur', onBlur]];
    for (const [name, listener] of heard) area.addEventListener(name, listener);
    return () => { for (const [name, listener] of heard) area.removeEventListener(name, listener); };
  }, []);

  // After the listeners, which hear what this types.
  useEffect(() => {
    if (!wanted.value || !field.current) return;
    wanted.value = false;
    openMenu(field.current);
  }, [wanted.value]);

  useLayoutEffect(() => {
    const area = field.current!;
    const marks = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-expanded': 'true', 'aria-controls': 'macro-list', 'aria-activedescendant': chosen ? `macro-${chosen.id}` : '' };
    for (const [name, value] of Object.entries(marks)) {
      if (shown && list && list.length > 0) area.setAttribute(name, value);
      else area.removeAttribute(name);
    }
    document.getElementById(`macro-${chosen?.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [shown, list?.length, chosen?.id]);

  const page = <button type="button" class="quiet" onMouseDown={(event) => event.preventDefault()} onClick={() => go({ kind: 'macros' })}>{say('macros.manage')}</button>;
  return (
    <div class="macro-place">
      <span class="sr" role="status">{shown && list ? count('macros.found', list.length) : ''}</span>
      {shown && (
        <div class="macro-menu">
          {failure && <p class="macro-none" role="alert">{say('macros.unloaded', { reason: failure })} <button type="button" class="quiet" onMouseDown={(event) => event.preventDefault()} onClick={fetchAll}>{say('net.retry')}</button></p>}
          {!list && !failure && <p class="macro-none muted">{say('macros.loading')}</p>}
          {list?.length === 0 && <p class="macro-none muted">{slash.query ? say('macros.noMatch', { query: slash.query }) : say('macros.none')} {page}</p>}
          {list && list.length > 0 && <>
            <ul id="macro-list" role="listbox" aria-label={say('view.macros')}>
              {list.map((macro) => (
                <li key={macro.id} id={`macro-${macro.id}`} role="option" aria-selected={macro === chosen} onMouseDown={(event) => event.preventDefault()} onClick={() => take(macro)}>
                  <span class="macro-name" dir="auto">{macro.name}{macro.scope === 'private' && <Icon name="lock" size={13} label={say('macros.scope.private')} />}</span>
                  {macro.text && <span class="macro-line" dir="auto">{macro.text.replace(/\s+/g, ' ')}</span>}
                  {macro.actions.length > 0 && <span class="macro-does">{macro.actions.map(actionText).join(' · ')}</span>}
                </li>
              ))}
            </ul>
            <p class="macro-keys"><span aria-hidden="true"><kbd>↑</kbd> <kbd>↓</kbd> <kbd>↵</kbd> {say('macros.insert')} · <kbd>Esc</kbd> {say('dialog.close')}</span>{page}</p>
          </>}
        </div>
      )}
    </div>
  );
}

/** Opens the menu for those who do not know the slash. */
export function Button({ field }: Pick<Props, 'field'>) {
  return (
    <button type="button" class="button button-quiet" title={say('macros.button.hint')} onMouseDown={(event) => event.preventDefault()} onClick={() => field.current && openMenu(field.current)}>
      <Icon name="macro" size={15} />{say('view.macros')}
    </button>
  );
}

/** What the reply does when it is sent, and what is not filled in. */
export function Used({ conversation, field }: Props) {
  const macro = macroOf(conversation.id);
  const text = writing.value?.text ?? '';
  const names = variablesOf(text);
  return (
    <>
      {names.length > 0 && <Blanks names={names} text={text} />}
      {macro && <Does conversation={conversation} field={field} />}
    </>
  );
}

/** Asks for the variables that have no value. */
function Blanks({ names, text }: { names: readonly string[]; text: string }) {
  const box = useRef<HTMLFormElement>(null);
  const asked = blanks.value;
  useEffect(() => { if (Object.keys(meanings.value).length === 0) load().catch(() => undefined); }, []);
  useEffect(() => { if (asked > 0) box.current?.querySelector('input')?.focus(); }, [asked]);
  useEffect(() => () => { blanks.value = 0; }, []);
  const fill = (event: SubmitEvent) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    let filled = text;
    for (const name of names) {
      const value = String(values.get(name) ?? '').trim();
      if (value) filled = fillIn(filled, name, value);
    }
    typed(filled);
    requestAnimationFrame(() => (box.current?.querySelector('input') ?? document.querySelector<HTMLElement>('.editor textarea'))?.focus());
  };
  return (
    <form ref={box} class={`macro-blanks${asked ? ' macro-asked' : ''}`} onSubmit={fill} noValidate>
      <p role={asked ? 'alert' : 'status'}><Icon name="warn" size={16} />{say(asked ? 'macros.blanks.first' : 'macros.blanks')}</p>
      {names.map((name) => (
        <label key={name}><span>{meanings.value[name] ?? name} <code>{`{{${name}}}`}</code></span><input class="field" name={name} autocomplete="off" dir="auto" /></label>
      ))}
      <button class="button">{say('macros.fill')}</button>
    </form>
  );
}

function Does({ conversation, field }: Props) {
  const macro = macroOf(conversation.id)!;
  const { actions, without } = macro;
  const [busy, setBusy] = useState(false);
  const refused = actions.filter(({ problem }) => problem);
  const left = actions.flatMap((action, place) => (without.includes(place) && !action.problem ? [place] : []));
  const leave = (places: number[]) => setMacro(conversation.id, { ...macro, without: places });
  const now = async () => {
    setBusy(true);
    try {
      await macros.apply(conversation.id, macro.id, without);
      setMacro(conversation.id, null);
      tell(say('macros.done', { name: macro.name }));
      void refreshCounts();
      await refreshThread(conversation.id);
    } catch (error) {
      tell(say('macros.failed', { name: macro.name, reason: reason(error) }), { bad: true });
      setBusy(false);
    }
  };
  if (actions.length === 0) return null;
  const all = left.length + refused.length === actions.length;
  return (
    <div class="macro-used" role="group" aria-label={say('macros.used', { name: macro.name })}>
      <span class="muted">{say(all ? 'macros.used.nothing' : 'macros.used', { name: macro.name })}</span>
      {!all && <ul>
        {actions.map((action, place) => !without.includes(place) && (
          <li key={place} class="macro-chip"><span dir="auto">{actionText(action)}</span>
            <button type="button" title={say('macros.leave', { what: actionText(action) })} onClick={() => { leave([...without, place]); field.current?.focus(); }}><Icon name="close" size={12} /><span class="sr">{say('macros.leave', { what: actionText(action) })}</span></button>
          </li>
        ))}
      </ul>}
      {left.length > 0 && <button type="button" class="quiet" onClick={() => leave(without.filter((place) => !left.includes(place)))}>{count('macros.restore', left.length)}</button>}
      {macro.bare && !all && <button type="button" class="button" disabled={busy} onClick={() => void now()}>{say('macros.now')}</button>}
      <button type="button" class="quiet" onClick={() => { const before = setMacro(conversation.id, null); tell(say('macros.forgotten', { name: macro.name }), { undo: () => setMacro(conversation.id, before) }); field.current?.focus(); }}>{say('macros.forget')}</button>
      {refused.length > 0 && <ul class="macro-refused">{refused.map((action) => <li key={actionText(action)}><Icon name={action.denied ? 'lock' : 'warn'} size={14} /><span>{say(action.denied ? 'macros.denied' : 'macros.impossible', { what: actionText(action), reason: action.problem })}</span></li>)}</ul>}
    </div>
  );
}

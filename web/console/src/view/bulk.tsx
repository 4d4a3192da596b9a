// What is done with many conversations at once: the bar above the list, and the dialogs.
// Loaded when conversations are selected.
import '../text/pages';
import '../text/bulk';
import '../style/bulk.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, say } from '../text/say';
import { CHUNK, running, selectAll, stopping } from '../state/bulk';
import { openConversation } from '../state/desk';
import { nextCursor, rows } from '../state/list';
import { sentence } from '../state/people';
import { ask, asked, chosen, clear, everything, outcome, size, type Op } from '../state/selection';
import { Form } from './bulkforms';
import { Icon, type IconName } from './icon';
import { close, Modal } from './modal';
import { keyShortcut, withKey } from './shortcuts';

const OPS: readonly [Op, IconName][] = [['assign', 'person'], ['move', 'up'], ['tag', 'tag'], ['priority', 'flag'], ['snooze', 'moon'], ['resolve', 'check'], ['macro', 'macro']];
/** The key of an operation is the one that it has for a single conversation. */
const KEYS: Record<Op, string> = { assign: 'assign', move: 'move', tag: 'tags', priority: 'priority', snooze: 'snooze', resolve: 'resolve', macro: 'macro' };

/** How many are selected, and what can be done with them. */
export function Bar() {
  const [busy, setBusy] = useState(false);
  const more = everything.value === null && (nextCursor.value !== null || chosen.value.length < rows.value.length);
  return (
    <div class="bulk" role="group" aria-label={say('bulk.bar')}>
      <div class="bulk-line">
        <strong role="status">{count('bulk.selected', size.value)}</strong>
        {more && <button class="quiet" disabled={busy} onClick={() => { setBusy(true); void selectAll().finally(() => setBusy(false)); }}>{say('bulk.all')}</button>}
        <button class="tool" title={withKey(say('bulk.clear'), 'escape')} onClick={clear}><Icon name="close" size={16} /><span class="sr">{say('bulk.clear')}</span></button>
      </div>
      <div class="bulk-ops">
        {OPS.map(([op, icon]) => (
          <button key={op} title={withKey(say(`bulk.op.${op}`), KEYS[op])} aria-keyshortcuts={keyShortcut(KEYS[op])} onClick={() => ask(op)}>
            <Icon name={icon} /><span>{say(`bulk.op.${op}`)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

export function BulkDialog() {
  if (running.value && running.value.all > CHUNK) return <Progress />;
  if (outcome.value) return <Outcome />;
  if (size.value === 0) return <Gone />;
  return <Modal key={asked.value} title={count(`bulk.title.${asked.value}`, size.value)} wide={asked.value === 'move'}><Form op={asked.value} /></Modal>;
}

/** Somebody else has changed all of them meanwhile. */
function Gone() {
  useEffect(() => { close(); }, []);
  return null;
}

function Progress() {
  const { done, all } = running.value!;
  return (
    <Modal title={count(`bulk.title.${asked.value}`, all)}>
      <div class="bulk-progress" role="status">
        <progress value={done} max={all} aria-label={count(`bulk.title.${asked.value}`, all)} />
        <span>{say('bulk.progress', { done, all })}</span>
      </div>
      <footer class="modal-foot"><button autofocus class="button" disabled={stopping.value} onClick={() => (stopping.value = true)}>{say(stopping.value ? 'bulk.stopping' : 'bulk.stop')}</button></footer>
    </Modal>
  );
}

/** Which were not changed, and why. */
function Outcome() {
  const { failed, names, missed } = outcome.value!;
  const first = useRef<HTMLAnchorElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <Modal title={count('bulk.outcome', failed.length + missed)} wide>
      <ul class="bulk-outcome">
        {failed.map(({ id, error }, i) => (
          <li key={id}>
            <a ref={i === 0 ? first : null} href={`#/c/${id}`} dir="auto" onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); close(); openConversation(id); } }}>{names.get(id) ?? id}</a>
            <p class="muted">{sentence((error ?? '').replace(/^note: /, ''))}</p>
          </li>
        ))}
      </ul>
      {missed > 0 && <p>{count('bulk.outcome.stopped', missed)}</p>}
      <p class="muted">{say('bulk.outcome.hint')}</p>
      <footer class="modal-foot"><button class="button button-primary" onClick={close}>{say('dialog.close')}</button></footer>
    </Modal>
  );
}

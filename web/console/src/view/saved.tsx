// Saved reports: the bar with their names, and what can be done with the one that is open. Loaded with the page of measures.
import '../text/saved';
import '../style/saved.css';
import { useEffect, useState } from 'preact/hooks';
import { agents, go, me, place, reason, tell } from '../state/desk';
import { choose, TZ } from '../state/reports';
import { differs, mailTime, saved, selection, show } from '../state/saved';
import { say } from '../text/say';
import type { ReportSubscriber, SavedReport } from '../wire';
import { Icon } from './icon';
import { SavedForm } from './savedform';

/** The saved reports, and the one that is open. */
export function Saved() {
  const [list, setList] = useState<readonly SavedReport[] | null>(null);
  const [failure, setFailure] = useState('');
  const [editing, setEditing] = useState<SavedReport | 'new' | null>(null);
  const { view } = place.value;
  const [id = '', ending] = (view.kind === 'reports' && view.saved || '').split('/');
  const again = () => saved.list().then((all) => { setList(all); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => {
    void again();
    const focus = () => void again();
    addEventListener('focus', focus);
    return () => removeEventListener('focus', focus);
  }, [me.value.id]);
  const report = list?.find((one) => one.id === id) ?? null;
  useEffect(() => {
    setEditing(null);
    if (report) show(report);
    else if (!id) choose({ only: null, group: '', tz: TZ });
  }, [id, report?.updated_at]);
  const put = (one: SavedReport) => setList((before) => [...(before ?? []).filter((old) => old.id !== one.id), one].sort((a, b) => a.name.localeCompare(b.name)));
  const done = (one: SavedReport | null) => {
    setEditing(null);
    if (!one) return;
    put(one);
    go({ kind: 'reports', saved: one.id });
  };
  return (
    <section class="saved" aria-label={say('saved.title')}>
      <div class="saved-bar">
        <h2>{say('saved.title')}</h2>
        {failure && <p class="wrong" role="alert">{say('saved.failed', { reason: failure })} <button class="quiet" onClick={() => void again()}>{say('net.retry')}</button></p>}
        {list?.length === 0 && <p class="muted">{say('saved.none')}</p>}
        {list && list.length > 0 && <ul>{list.map((one) => <li key={one.id}><Name report={one} here={one.id === id} /></li>)}</ul>}
        {editing !== 'new' && list && <button class="button" onClick={() => setEditing('new')}><Icon name="plus" size={16} />{say('saved.save')}</button>}
      </div>
      {id && list && !report && <div class="asked" role="alert"><Icon name="warn" size={16} /><span>{say('saved.gone')}</span><button class="button" onClick={() => go({ kind: 'reports' })}>{say('saved.close')}</button></div>}
      {editing ? <SavedForm key={editing === 'new' ? 'new' : editing.id} report={editing === 'new' ? null : editing} done={done} />
        : report && <Open report={report} ending={ending === 'unsubscribe'} edit={() => setEditing(report)} put={put} again={() => void again()} />}
    </section>
  );
}

const own = (report: SavedReport) => report.subscribers.find((one) => one.agent.id === me.value.id);

function Name({ report, here }: { report: SavedReport; here: boolean }) {
  return (
    <a class="saved-name" href={`#/reports/${report.id}`} aria-current={here ? 'page' : undefined}
      onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); go({ kind: 'reports', saved: report.id }); } }}>
      <span dir="auto">{report.name}</span>{own(report) && <Icon name="email" size={14} label={say('saved.mail.is')} />}{report.scope !== 'own' && <span class="chip">{say(`saved.chip.${report.scope}`)}</span>}
    </a>
  );
}

/** Gives the focus once: the function stays the same at each rendering. */
const focus = (element: HTMLElement | null) => element?.focus();

interface OpenProps { report: SavedReport; ending: boolean; edit: () => void; put: (one: SavedReport) => void; again: () => void }

function Open({ report, ending, edit, put, again }: OpenProps) {
  const { name } = report;
  const work = async (task: () => Promise<void>) => {
    try {
      await task();
    } catch (error) {
      tell(reason(error), { bad: true });
      again();
    }
  };
  const update = () => work(async () => {
    const { measures: _, ...kept } = selection();
    put(await saved.change(report, kept));
    tell(say('saved.updated', { name }));
  });
  const remove = () => {
    if (!confirm(say('saved.remove.sure', { name }))) return;
    void work(async () => {
      await saved.remove(report.id);
      tell(say('saved.removed', { name }));
      go({ kind: 'reports' });
      again();
    });
  };
  const start = (agent: string) => work(async () => {
    put(await saved.subscribe(report.id, agent));
    if (agent === 'me') tell(say('saved.mail.started', { name }));
  });
  const stop = ({ agent }: ReportSubscriber) => work(async () => {
    await saved.unsubscribe(report.id, agent.id);
    put({ ...report, subscribers: report.subscribers.filter((one) => one.agent.id !== agent.id) });
    tell(agent.id === me.value.id ? say('saved.mail.stopped', { name }) : say('saved.mail.stoppedOf', { name, who: agent.name }));
    if (ending) go({ kind: 'reports', saved: report.id });
  });
  const mine = own(report);
  return (
    <div class="saved-open">
      <p class="saved-head"><b dir="auto">{name}</b><span class="chip">{say(`saved.chip.${report.scope}`)}</span>{report.owner.id !== me.value.id && <span class="muted">{say('saved.of', { name: report.owner.name })}</span>}</p>
      <p class="saved-tools">
        {report.editable && differs(report) && <button class="button button-primary" onClick={() => void update()}>{say('saved.update')}</button>}
        {report.editable && <button class="button" onClick={edit}>{say('saved.edit')}</button>}
        {report.editable && <button class="button button-quiet" onClick={remove}>{say('saved.remove')}</button>}
        <button class="button button-quiet" onClick={() => go({ kind: 'reports' })}>{say('saved.close')}</button>
      </p>
      {ending && (mine
        ? <div class="asked" role="alertdialog" aria-label={say('saved.mail.stop.sure', { name })}><Icon name="email" size={16} /><span>{say('saved.mail.stop.sure', { name })}</span><div class="asked-tools">
          <button class="button button-primary" ref={focus} onClick={() => void stop(mine)}>{say('saved.mail.stop')}</button>
          <button class="button" onClick={() => go({ kind: 'reports', saved: report.id })}>{say('saved.mail.keep')}</button></div></div>
        : <p class="muted" role="status">{say('saved.mail.ended')}</p>)}
      <Mails report={report} mine={mine} ending={ending} start={(agent) => void start(agent)} stop={(one) => void stop(one)} />
    </div>
  );
}

interface MailsProps { report: SavedReport; mine: ReportSubscriber | undefined; ending: boolean; start: (agent: string) => void; stop: (one: ReportSubscriber) => void }

/** Who gets a report by mail. */
function Mails({ report, mine, ending, start, stop }: MailsProps) {
  const others = report.subscribers.filter((one) => one !== mine);
  const free = agents.value.filter((one) => one.id !== me.value.id && (one.admin || one.leads.length > 0) && !others.some(({ agent }) => agent.id === one.id));
  return (
    <div class="saved-mails" role="group" aria-label={say('saved.mail')}>
      {!ending && <p><Icon name="email" size={16} /><span>{mine ? say('saved.mail.on', { time: mailTime(mine.next_at, mine.tz, TZ) }) : say('saved.mail.off')}</span>
        {mine ? <button class="button" onClick={() => stop(mine)}>{say('saved.mail.stop')}</button> : <button class="button" onClick={() => start('me')}>{say('saved.mail.start')}</button>}</p>}
      {mine?.failure && <p class="wrong">{say('saved.mail.failure', { reason: mine.failure })}</p>}
      {report.scope !== 'own' && (others.length > 0 || free.length > 0) && <div class="saved-others">
        {others.length > 0 && <><span class="muted">{say('saved.mail.others')}</span><ul>{others.map((one) => (
          <li key={one.agent.id} class="saved-other"><span><b dir="auto">{one.agent.name}</b> <span class="muted">{say('saved.mail.next', { time: mailTime(one.next_at, one.tz, TZ) })}</span>{one.failure && <span class="wrong">{say('saved.mail.failure', { reason: one.failure })}</span>}</span>
            {one.removable && <button class="tool" title={say('saved.mail.stopOf', { name: one.agent.name })} onClick={() => stop(one)}><Icon name="close" size={15} /><span class="sr">{say('saved.mail.stopOf', { name: one.agent.name })}</span></button>}</li>
        ))}</ul></>}
        {free.length > 0 && <label><span class="muted">{say('saved.mail.add')}</span>
          <select class="field" value="" onChange={(event) => { if (event.currentTarget.value) start(event.currentTarget.value); event.currentTarget.value = ''; }}>
            <option value="">{say('saved.mail.choose')}</option>
            {free.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select></label>}
      </div>}
    </div>
  );
}

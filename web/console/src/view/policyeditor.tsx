// The document as text, with what is wrong with it at its place.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { reason } from '../state/desk';
import { offsetOf, policies, target } from '../state/policy';
import { count, say } from '../text/say';
import type { PolicyProblem, PolicyReport } from '../wire';
import { Icon } from './icon';

/** How long nothing is typed before the text is checked. */
const PAUSE_MS = 400;
/** As in policy.css. */
const LINE_PX = 20;

export interface Checked { report: PolicyReport | null; failure: string; busy: boolean; /** The text that the report is about. */ of: string }

/** What the server says about a text, after a pause. */
export function useCheck(text: string | null): Checked & { again: () => void } {
  const [checked, setChecked] = useState<Checked>({ report: null, failure: '', busy: true, of: '' });
  const [turn, setTurn] = useState(0);
  const first = useRef(true);
  useEffect(() => {
    if (text === null) return;
    const stop = new AbortController();
    setChecked((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => {
      first.current = false;
      policies.check(text, stop.signal).then((report) => setChecked({ report, failure: '', busy: false, of: text }),
        (error: unknown) => { if (!stop.signal.aborted) setChecked((before) => ({ ...before, failure: reason(error), busy: false })); });
    }, first.current ? 0 : PAUSE_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [text, turn]);
  return { ...checked, again: () => setTurn(turn + 1) };
}

export function Editor({ text, checked, change }: { text: string; checked: Checked; change: (text: string) => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const marks = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => text.split('\n').length, [text]);
  const numbers = useMemo(() => Array.from({ length: lines }, (_, i) => i + 1).join('\n'), [lines]);
  const list = checked.report ? [...checked.report.problems.map((one) => ({ ...one, bad: true })), ...checked.report.warnings.map((one) => ({ ...one, bad: false }))] : [];
  const follow = () => {
    const { scrollTop, scrollLeft } = field.current!;
    gutter.current!.style.transform = `translateY(${-scrollTop}px)`;
    marks.current!.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  };
  useLayoutEffect(follow);
  const aim = target.value;
  useEffect(() => {
    if (!aim) return;
    const at = offsetOf(text, aim.line, aim.column);
    target.value = null;
    field.current!.focus();
    field.current!.setSelectionRange(at, at);
    field.current!.scrollTop = Math.max(0, (aim.line - 6) * LINE_PX);
    field.current!.scrollLeft = 0;
    follow();
  }, [aim]);
  /** A new line begins where the one before does. */
  const indent = (event: KeyboardEvent) => {
    const { value, selectionStart } = field.current!;
    if (event.key !== 'Enter' || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const spaces = /^ */.exec(value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart))![0];
    if (!spaces) return;
    event.preventDefault();
    document.execCommand('insertText', false, `\n${spaces}`); // can be undone
  };
  return (
    <div class="policy-editor" style={{ '--digits': String(String(lines).length) }}>
      <div class="policy-gutter" aria-hidden="true"><div ref={gutter}>
        {list.map((one, i) => <i key={i} class={one.bad ? 'policy-line-bad' : 'policy-line-warn'} style={{ top: `${(one.line - 1) * LINE_PX}px` }} title={one.reason} />)}
        <pre>{numbers}</pre>
      </div></div>
      <div class="policy-area">
        <div class="policy-marks" aria-hidden="true"><div ref={marks}>
          {list.map((one, i) => <i key={i} class={one.bad ? 'policy-line-bad' : 'policy-line-warn'} style={{ top: `${(one.line - 1) * LINE_PX}px` }}><b style={{ left: `${one.column - 1}ch` }} /></i>)}
        </div></div>
        <textarea ref={field} class="policy-text" wrap="off" spellcheck={false} autocomplete="off" autocapitalize="off" aria-label={say('policy.document')} aria-invalid={checked.report?.valid === false ? 'true' : undefined}
          aria-describedby="policy-state" value={text} onScroll={follow} onKeyDown={indent} onInput={(event) => change(event.currentTarget.value)} />
      </div>
    </div>
  );
}

/** What is wrong, and what is probably not meant; each leads to its place. */
export function Problems({ checked, again }: { checked: Checked; again: () => void }) {
  const { report, failure, busy } = checked;
  const wrong = report?.problems.length ?? 0;
  const doubts = report?.warnings.length ?? 0;
  return (
    <section class="policy-problems" aria-label={say('policy.problems')}>
      <p id="policy-state" role="status" class={busy ? 'muted' : wrong > 0 ? 'wrong' : ''}>
        {!failure && (busy ? say('policy.checking') : wrong > 0 ? count('policy.wrong', wrong) : doubts > 0 ? count('policy.doubts', doubts) : say('policy.valid'))}
      </p>
      {failure && <p class="wrong" role="alert">{failure} <button class="quiet" onClick={again}>{say('net.retry')}</button></p>}
      {report && wrong + doubts > 0 && <ul>
        {report.problems.map((one, i) => <Problem key={i} problem={one} bad />)}
        {report.warnings.map((one, i) => <Problem key={`w${i}`} problem={one} />)}
      </ul>}
    </section>
  );
}

function Problem({ problem, bad }: { problem: PolicyProblem; bad?: boolean }) {
  const { line, column, path, reason: text } = problem;
  return (
    <li class={bad ? 'policy-bad' : 'policy-doubt'}>
      <button class="policy-problem" onClick={() => { target.value = { line, column }; }}>
        <Icon name="warn" size={15} {...(!bad && { label: say('policy.warning') })} />
        <span class="policy-at">{say('policy.at', { line, column })}</span>
        <span>{path && <code>{path}</code>} {text}</span>
      </button>
    </li>
  );
}

// Fields of forms with the server's error beside each.
import '../style/fields.css';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { say } from '../text/say';

interface FieldProps { name: string; label: string; hint?: string; wrong?: string | undefined }

const described = (name: string, hint: string | undefined, wrong: string | undefined) => [hint && `hint-${name}`, wrong && `wrong-${name}`].filter(Boolean).join(' ') || undefined;

function Notes({ name, hint, wrong }: Omit<FieldProps, 'label'>) {
  return <>{hint && <p class="hint" id={`hint-${name}`}>{hint}</p>}{wrong && <p class="wrong" id={`wrong-${name}`}>{wrong}</p>}</>;
}

interface TextProps extends FieldProps { value: string; change: (text: string) => void; rows?: number; list?: readonly string[]; numeric?: boolean; autofocus?: boolean }

/** A line, or some lines, of text; `list` are suggestions. */
export function Text({ name, label, hint, wrong, value, change, rows, list, numeric, autofocus }: TextProps) {
  const id = useId();
  const shared = { id, dir: 'auto' as const, class: 'field', value, 'aria-invalid': wrong ? ('true' as const) : undefined, 'aria-describedby': described(name, hint, wrong), autofocus: autofocus ?? false };
  return (
    <div class="labelled">
      <label for={id}><span>{label}</span></label>
      {rows ? <textarea {...shared} rows={rows} onInput={(event) => change(event.currentTarget.value)} />
        : <input {...shared} {...(numeric ? { inputMode: 'numeric' as const } : {})} {...(list ? { list: `${id}-list` } : {})} autocomplete="off" onInput={(event) => change(event.currentTarget.value)} />}
      {list && <datalist id={`${id}-list`}>{list.map((one) => <option key={one} value={one} />)}</datalist>}
      <Notes name={name} {...(hint ? { hint } : {})} wrong={wrong} />
    </div>
  );
}

export interface Option { value: string; label: ComponentChildren; gone?: boolean }

/** A choice of several values; values that are not offered any more stay until they are unticked. */
export function Ticks({ name, label, hint, wrong, options, chosen, change }: FieldProps & { options: readonly Option[]; chosen: readonly string[]; change: (chosen: string[]) => void }) {
  const all = [...options, ...chosen.filter((one) => !options.some((option) => option.value === one)).map((one): Option => ({ value: one, label: one, gone: true }))];
  return (
    <fieldset class="labelled" aria-describedby={described(name, hint, wrong)} aria-invalid={wrong ? 'true' : undefined}>
      <legend>{label}</legend>
      <div class="target-inboxes">
        {all.map((option) => (
          <label class="target" key={option.value}>
            <input type="checkbox" name={name} value={option.value} checked={chosen.includes(option.value)}
              onChange={(event) => change(event.currentTarget.checked ? [...chosen, option.value] : chosen.filter((one) => one !== option.value))} />
            <span dir="auto">{option.label}</span>{option.gone && <span class="muted">{say('agents.gone')}</span>}
          </label>
        ))}
        {all.length === 0 && <span class="muted">{say('agents.noChoices')}</span>}
      </div>
      <Notes name={name} {...(hint ? { hint } : {})} wrong={wrong} />
    </fieldset>
  );
}

/** The time zones that the browser knows. */
export const zones: readonly string[] = Intl.supportedValuesOf?.('timeZone') ?? [];

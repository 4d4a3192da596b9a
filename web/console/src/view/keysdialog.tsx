// The list of shortcuts, where each agent can change their keys or turn those of a
// single character off (WCAG 2.1 §2.1.4).
import { useRef, useState } from 'preact/hooks';
import { caps, chosenStroke, lettersOff, setLetters, type Binding } from '../state/keys';
import { choices, choose, chosenKeys, keysOf, LEADER, refusal, resetAll, type Choice } from '../state/keymap';
import { say } from '../text/say';
import { Modal } from './modal';
import { keys, mac } from './shortcuts';

const GROUPS: Binding['group'][] = ['list', 'thread', 'go', 'general'];
const spoken = (name: string) => caps(name, mac).join(' ');

interface Said { text: string; wrong: boolean }

export function KeysDialog() {
  const all = choices(keys.list(), say('key.leader'));
  // The action whose new key is awaited.
  const [awaited, setAwaited] = useState('');
  const [said, setSaid] = useState<Said>({ text: '', wrong: false });
  const resetting = useRef<HTMLInputElement>(null);

  const ask = (choice: Choice) => {
    setAwaited(choice.action);
    setSaid({ text: say('keys.pressFor', { label: choice.label }), wrong: false });
  };
  const stop = () => {
    setAwaited('');
    setSaid({ text: '', wrong: false });
  };
  const take = (choice: Choice, name: string, taken: 'keys.taken' | 'keys.takenReset'): boolean => {
    const refused = refusal(name, choice.action, all);
    if (refused) {
      const text = refused.why === 'taken' ? say(taken, { key: spoken(name), label: refused.by })
        : refused.why === 'reserved' ? say('keys.reserved', { key: spoken(name) })
        : say('keys.unusable', { mod: spoken('Mod+').trim() });
      setSaid({ text, wrong: true });
      return false;
    }
    choose(choice, name);
    setAwaited('');
    setSaid({ text: say('keys.changed', { label: choice.label, key: spoken(name) }), wrong: false });
    return true;
  };
  const reset = (choice: Choice, button: HTMLElement) => {
    if (take(choice, choice.keys, 'keys.takenReset')) (button.nextElementSibling as HTMLElement | null)?.focus(); // the button disappears
  };
  const press = (choice: Choice, event: KeyboardEvent) => {
    if (awaited !== choice.action) return;
    if (event.key === 'Tab') return; // leaving the button cancels
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return; // the key that pressed the button is still held
    if (event.key === 'Escape') return stop();
    const name = chosenStroke(event);
    if (name !== null) void take(choice, name, 'keys.taken');
  };

  const row = (shown: string, label: string, choice: Choice | undefined) => {
    const asks = choice !== undefined && awaited === choice.action;
    const changed = choice !== undefined && choice.action in chosenKeys.value;
    return (
      <div key={choice?.action ?? shown} class={asks ? 'key-asked' : undefined}>
        <dt>{asks ? <span class="key-await">{say('keys.press')}</span> : caps(shown, mac).map((cap, i) => <kbd key={i}>{cap}</kbd>)}</dt>
        <dd>
          <span>{label}</span>
          {choice && (
            <span class="key-tools">
              {changed && !asks && (
                <button class="quiet" aria-label={say('keys.resetOf', { label, key: spoken(choice.keys) })} onClick={(event) => reset(choice, event.currentTarget)}>{say('keys.reset')}</button>
              )}
              <button class="quiet" aria-label={asks ? undefined : say('keys.changeOf', { label })} onKeyDown={(event) => press(choice, event)}
                onBlur={() => { if (asks) stop(); }} onClick={(event) => { event.currentTarget.focus(); if (asks) stop(); else ask(choice); }}>
                {say(asks ? 'keys.cancel' : 'keys.change')}
              </button>
            </span>
          )}
        </dd>
      </div>
    );
  };
  const leader = all.find((choice) => choice.action === LEADER)!;

  return (
    <Modal title={say('keys.title')} wide>
      <div class="keys">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{say(`keys.group.${group}`)}</h3>
            <dl>
              {group === 'go' && row(chosenKeys.value[LEADER] ?? leader.keys, leader.label, leader)}
              {keys.list().filter((binding) => binding.group === group).map((binding) =>
                row(keysOf(binding), binding.label, all.find((choice) => choice.action === binding.action)))}
            </dl>
          </section>
        ))}
      </div>
      <p class={said.wrong ? 'key-said wrong' : 'key-said'} role="status">{said.text}</p>
      <div class="key-foot">
        <label class="check"><input ref={resetting} type="checkbox" checked={!lettersOff.value} onChange={(event) => setLetters(event.currentTarget.checked)} />{say('keys.letters')}</label>
        {Object.keys(chosenKeys.value).length > 0 && (
          <button class="quiet" onClick={() => { resetAll(); setAwaited(''); setSaid({ text: say('keys.allReset'), wrong: false }); resetting.current?.focus(); }}>{say('keys.resetAll')}</button>
        )}
      </div>
      <p class="muted">{say('keys.hint')}</p>
    </Modal>
  );
}

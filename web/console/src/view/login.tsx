import { useState } from 'preact/hooks';
import { Problem } from '../api';
import { loginReason, reason, signIn, start, successor } from '../state/desk';
import { say } from '../text/say';
import { Mark } from './icon';

export function Login() {
  const [wrong, setWrong] = useState(loginReason.value);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setWrong('');
    try {
      await signIn(String(data.get('email')).trim(), String(data.get('password')));
    } catch (error) {
      const refused = error instanceof Problem && [400, 401, 403, 422].includes(error.status);
      setWrong(refused ? say('login.wrong') : say('login.failed', { reason: reason(error) }));
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="login-card" onSubmit={(event) => void submit(event)}>
        <Mark size={44} />
        <h1>{say('app.name')}</h1>
        <p class="muted">{say('login.lead')}</p>
        <label class="labelled"><span>{say('login.email')}</span><input class="field" type="email" name="email" autocomplete="username" required autofocus /></label>
        <label class="labelled"><span>{say('login.password')}</span><input class="field" type="password" name="password" autocomplete="current-password" required /></label>
        <p class="wrong" role="alert">{wrong}</p>
        <button class="button button-primary" disabled={busy}>{say('login.go')}</button>
      </form>
    </main>
  );
}

/** Another agent has signed in with this browser: nothing may be written in their name by mistake. */
export function Changed() {
  const name = successor.value;
  return (
    <main class="login">
      <div class="login-card"><Mark size={44} /><h1>{say('app.name')}</h1><p role="alert">{name ? say('login.changed', { name }) : say('login.ended')}</p>
        <button class="button button-primary" onClick={() => void start()}>{name ? say('login.continue', { name }) : say('login.go')}</button></div>
    </main>
  );
}

export function Unreachable() {
  return (
    <main class="login">
      <div class="login-card"><Mark size={44} /><h1>{say('app.name')}</h1><p role="alert">{say('net.unreachable')}</p>
        <button class="button button-primary" onClick={() => void start()}>{say('net.retry')}</button></div>
    </main>
  );
}

// Every attempt to deliver a message, with what the server answered.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { now } from '../state/desk';
import { reason } from '../state/toast';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import type { Message, Trail as Steps } from '../wire';

type Attempt = Steps['attempts'][number];

export function Trail({ message }: { message: Message }) {
  const [steps, setSteps] = useState<Steps[] | null>(null);
  const [failure, setFailure] = useState('');
  const states = message.deliveries.map(({ state, attempts }) => `${state}${attempts}`).join();
  useEffect(() => {
    api.trail(message.id).then(setSteps, (error: unknown) => setFailure(reason(error)));
  }, [message.id, states]);
  if (failure) return <p class="failed" role="alert">{failure}</p>;
  if (!steps) return null;
  return (
    <ul class="trail">
      {steps.map((one) => (
        <li key={one.id}>
          <b>{one.recipient}</b>
          {one.attempts.length === 0 && <p class="muted">{say('trail.none')}</p>}
          <ol>{one.attempts.map((attempt, i) => <Step key={i} attempt={attempt} />)}</ol>
        </li>
      ))}
    </ul>
  );
}

function Step({ attempt }: { attempt: Attempt }) {
  const answer = [attempt.code || '', attempt.enhanced_code, attempt.detail].filter(Boolean).join(' ');
  return (
    <li>
      <time dateTime={attempt.at} title={exact(attempt.at)}>{moment(attempt.at, now.value)}</time>{' '}
      <span>{attempt.action ? say(`trail.${attempt.action}`, { by: attempt.by }) : say(`delivery.${attempt.state}`)}{(attempt.source === 'dsn' || attempt.source === 'copy' || attempt.source === 'client') && ` (${say(`trail.${attempt.source}`)})`}</span>
      {attempt.server && <span class="muted"> · {attempt.server}</span>}
      {answer && <code dir="auto">{answer}</code>}
    </li>
  );
}

import { say } from '../text/say';
import { grouped, signer, verdict } from '../text/signature';
import { exact } from '../text/time';
import type { Message } from '../wire';
import { Icon } from './icon';

/** Marks next to the sender of signed or encrypted email, with details on request. */
export function Seals({ message }: { message: Message }) {
  return (
    <>
      {message.signature && <SignatureMark message={message} signature={message.signature} />}
      {message.problems.some((problem) => problem.code === 'encrypted') && (
        <details class="seal">
          <summary class="chip"><Icon name="lock" size={13} />{say('encrypted')}</summary>
          <p>{say('encrypted.hint')}</p>
        </details>
      )}
    </>
  );
}

function SignatureMark({ message, signature }: { message: Message; signature: NonNullable<Message['signature']> }) {
  const { text, tone } = verdict(signature, message.authentication?.trust === 'forged');
  const facts: [string, string][] = [
    [say('signature.by'), signer(signature)],
    [say('signature.issuer'), signature.issuer],
    [say(signature.kind === 'smime' ? 'signature.certificate' : 'signature.key'), grouped(signature.key)],
    [say('signature.at'), signature.signed_at ? exact(signature.signed_at) : ''],
    [say('signature.footer'), signature.footer],
  ];
  return (
    <details class="seal">
      <summary class={`chip chip-${tone}`} title={signature.reason}><Icon name={tone === 'good' ? 'check' : tone === 'bad' ? 'warn' : 'note'} size={13} />{text}</summary>
      <p>{say('signature.reason', { kind: signature.kind === 'smime' ? 'S/MIME' : 'OpenPGP', reason: signature.reason })}</p>
      <dl>{facts.filter(([, value]) => value).map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>
      <p class="muted">{say('signature.scope')}</p>
    </details>
  );
}

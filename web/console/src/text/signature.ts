// What is said of a mail's signature at a glance. "Signed by" is said of one thing alone: a
// signature that fits, by a key that is trusted and is the author's.
import type { Message } from '../wire';
import { say } from './say';

export type Signature = NonNullable<Message['signature']>;
/** How it looks: good news, nothing to rely on, a warning. */
export type Tone = 'good' | 'plain' | 'bad';

export function verdict(signature: Signature, forged: boolean): { text: string; tone: Tone } {
  switch (signature.status) {
    case 'valid':
      // Whoever forged the mail may have sent on what another one once signed.
      return { text: say(signature.footer ? 'signature.validButFooter' : 'signature.valid', { email: signature.email }), tone: forged ? 'plain' : 'good' };
    case 'invalid': return { text: say('signature.invalid'), tone: 'bad' };
    case 'mismatch': return { text: say('signature.mismatch'), tone: 'bad' };
    case 'revoked': return { text: say('signature.revoked'), tone: 'bad' };
    case 'expired': return { text: say('signature.expired'), tone: 'plain' };
    case 'untrusted': return { text: say('signature.untrusted'), tone: 'plain' };
    case 'weak': return { text: say('signature.weak'), tone: 'plain' };
    case 'partial': return { text: say('signature.partial'), tone: 'plain' };
    case 'unchecked': return { text: say('signature.unchecked'), tone: 'plain' };
    default: return { text: say('signature.unreadable'), tone: 'plain' };
  }
}

/** A fingerprint in groups of four, as people compare them. */
export function grouped(key: string): string {
  return key.toUpperCase().replace(/(.{4})(?=.)/g, '$1 ');
}

/** The signer as the key names him; empty when it does not. */
export function signer({ name, email }: Signature): string {
  return name && email ? `${name} <${email}>` : name || email;
}

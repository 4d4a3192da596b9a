// The summary of a message's signature. Only a valid signature with a trusted key
// of the author is shown as "Signed by".
import type { Message } from '../wire';
import { say } from './say';

export type Signature = NonNullable<Message['signature']>;
/** The appearance: verified, neutral or warning. */
export type Tone = 'good' | 'plain' | 'bad';

export function verdict(signature: Signature, forged: boolean): { text: string; tone: Tone } {
  switch (signature.status) {
    case 'valid':
      // A forger may have forwarded content that someone else signed.
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

/** A fingerprint in groups of four, for comparing by eye. */
export function grouped(key: string): string {
  return key.toUpperCase().replace(/(.{4})(?=.)/g, '$1 ');
}

/** The signer as named by the key; empty when it has no name. */
export function signer({ name, email }: Signature): string {
  return name && email ? `${name} <${email}>` : name || email;
}

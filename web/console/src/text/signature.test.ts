import { expect, test } from 'vitest';
import { grouped, signer, verdict, type Signature } from './signature';

const signature = (status: Signature['status'], more: Partial<Signature> = {}): Signature => ({
  kind: 'smime', status, reason: 'why', email: 'jo@acme.example', name: 'Jo', key: 'ab', issuer: 'CN=Acme', signed_at: null, footer: '', ...more,
});

test('only a valid signature names its signer', () => {
  expect(verdict(signature('valid'), false)).toEqual({ text: 'Signed by jo@acme.example', tone: 'good' });
  for (const status of ['mismatch', 'invalid', 'untrusted', 'expired', 'revoked', 'weak', 'partial', 'unreadable', 'unchecked'] as const) {
    const { text, tone } = verdict(signature(status), false);
    expect(text).not.toContain('jo@acme.example');
    expect(tone).not.toBe('good');
  }
  expect(verdict(signature('invalid'), false)).toEqual({ text: 'Invalid signature', tone: 'bad' });
  expect(verdict(signature('mismatch'), false).tone).toBe('bad');
});

test('an unsigned footer is mentioned, and forged email is never marked as good', () => {
  expect(verdict(signature('valid', { footer: '____\nlist' }), false).text).toBe('Signed by jo@acme.example, except the footer');
  expect(verdict(signature('valid'), true).tone).toBe('plain');
});

test('keys and signers are formatted', () => {
  expect(grouped('0123456789abcdef01')).toBe('0123 4567 89AB CDEF 01');
  expect(signer(signature('valid'))).toBe('Jo <jo@acme.example>');
  expect(signer(signature('valid', { name: '' }))).toBe('jo@acme.example');
  expect(signer(signature('valid', { name: '', email: '' }))).toBe('');
});

import { expect, test, vi } from 'vitest';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined, key: () => null, length: 0 });
const { mentionsFile } = await import('./files');

test.each([
  ['The invoice is attached.', true],
  ['See the attachments.', true],
  ['Die Rechnung finden Sie im Anhang.', true],
  ['Vous trouverez la facture ci-joint.', true],
  ['請求書を添付します。', true],
  ['> I attached the photo\n\nThanks!', false],
  ['We are quite fond of detachment.', false],
])('%s', (text, want) => expect(mentionsFile(text)).toBe(want));

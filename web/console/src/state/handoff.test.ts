import { expect, test } from 'vitest';
import { Problem } from '../api';
import type { Event as DeskEvent, Handoff } from '../wire';
import { can, evidenceLabel, evidenceOf, saidBy, refusalsOf, traceOf } from './handoff';

test('evidence has readable labels, whatever the policy calls it', () => {
  expect(['customer_told', 'log_extract', 'order-number', 'Kunde'].map(evidenceLabel)).toEqual(['What the customer was told', 'Log extract', 'Order number', 'Kunde']);
});

test('evidence is in reading order, unknown names last', () => {
  const given = { zone: 'z', customer_told: 'c', tried: 't', area: 'a', problem: 'p' };
  expect(evidenceOf(given).map(([name]) => name)).toEqual(['problem', 'tried', 'customer_told', 'area', 'zone']);
});

test('a handover says each thing once', () => {
  const evidence = { problem: 'It drips.', customer_told: 'Two\nlines' };
  expect(saidBy({ note: 'Problem: It drips.\nCustomer knows: Two\nlines\n', evidence })).toEqual({ note: '', evidence });
  expect(saidBy({ note: '', evidence })).toEqual({ note: '', evidence });
  const mixed = 'Please hurry.\nProblem: It drips.';
  expect(saidBy({ note: mixed, evidence })).toEqual({ note: mixed, evidence: { customer_told: 'Two\nlines' } });
  const sentence = 'Not the bulb: tried two.';
  expect(saidBy({ note: sentence, evidence: { not_the_bulb: 'tried two.' } })).toEqual({ note: sentence, evidence: {} });
  expect(saidBy({ note: 'Look at 10:30', evidence: {} })).toEqual({ note: 'Look at 10:30', evidence: {} });
});

test('the errors of a refused move belong to their fields', () => {
  const refused = (...errors: { location: string; message: string }[]) => refusalsOf(new Problem(422, 'Unprocessable Entity', 'whole', errors));
  expect(refused({ location: 'body.handover.tried', message: 'is required' }, { location: 'body.handover.order number', message: 'is too long' }))
    .toEqual({ fields: { tried: 'is required', 'order number': 'is too long' }, rest: '' });
  expect(refused({ location: 'body.note', message: 'note: nothing is written' })).toEqual({ fields: { note: 'nothing is written' }, rest: '' });
  expect(refused({ location: 'body.inbox', message: 'inbox: there is no inbox "x"' })).toEqual({ fields: {}, rest: 'inbox: there is no inbox "x"' });
  expect(refusalsOf(new Problem(409, 'Conflict', 'Not on a Friday')).rest).toBe('Not on a Friday');
});

test('a row of a list does not say what is allowed, so nothing is disabled', () => {
  expect([can({ allowed: [] }, 'reply'), can({ allowed: ['note'] }, 'reply'), can({ allowed: ['note', 'reply'] }, 'reply')]).toEqual([true, false, true]);
});

test('a handover is traced to its own move, not to the return or an earlier one', () => {
  const event = (seq: number, kind: string, at: string, data: object, actor = 'ag_ana') => ({ seq, kind, at, data, actor }) as unknown as DeskEvent;
  const events = [
    event(3, 'conversation.moved', '2026-03-04T08:00:00Z', { to: 'billing', message_id: 'ms_1' }),
    event(5, 'conversation.moved', '2026-03-04T09:00:00.123456Z', { to: 'billing', message_id: 'ms_2' }),
    event(6, 'handoff.returned', '2026-03-04T10:00:00Z', {}, 'ag_ben'),
    event(7, 'conversation.moved', '2026-03-04T10:00:00Z', { to: 'frontline', message_id: '' }, 'ag_ben'),
  ];
  const handoff = { to: { key: 'billing' }, at: '2026-03-04T09:00:00.1234561Z', returned_at: '2026-03-04T10:00:00Z' } as Handoff;
  expect(traceOf(handoff, events)).toEqual({ seq: 5, message: 'ms_2', returnedBy: 'ag_ben' });
  expect(traceOf({ ...handoff, returned_at: null, at: '2026-03-04T11:00:00Z' }, events)).toEqual({ seq: 0, message: '', returnedBy: '' });
});

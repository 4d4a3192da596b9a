// Pilots of the policy: the calls, and how figures are shown. Loaded with their part of the page.
import { call, read } from '../api';
import { amount } from '../text/due';
import type { ComparedPilot, PilotEstimate, PilotMeasure, PolicyVersion, StartPilotInputBody } from '../wire';

export const pilots = {
  compared: (version: number) => call<ComparedPilot>('GET', `/policies/pilots/${version}`),
  start: (body: Partial<StartPilotInputBody>, base: number) => read('POST', '/policies/pilots', body, undefined, undefined, `"${base}"`),
  adopt: async (version: number, reason: string, base: number) => JSON.parse(await read('POST', `/policies/pilots/${version}/adopt`, { reason }, undefined, undefined, `"${base}"`)) as PolicyVersion,
  withdraw: (version: number, reason: string) => call('POST', `/policies/pilots/${version}/withdraw`, { reason }),
};

/** A mean as it is shown. */
export function figure(unit: PilotMeasure['unit'], value: number): string {
  if (unit === 'seconds') return amount(value * 1000);
  return unit === 'share' ? `${(100 * value).toLocaleString(undefined, { maximumFractionDigits: 1 })} %` : value.toLocaleString(undefined, { maximumFractionDigits: 2 });
}

/** A difference as it is shown, with its sign. */
export function signed(unit: PilotMeasure['unit'], value: number): string {
  const text = figure(unit, Math.abs(value));
  return text === figure(unit, 0) ? text : `${value < 0 ? '\u2212' : '+'}${text}`;
}

/** What a difference means for customers. */
export function verdict(better: PilotMeasure['better'], estimate: PilotEstimate): 'better' | 'worse' | 'unclear' {
  if (!estimate.clear) return 'unclear';
  return estimate.value < 0 === (better === 'lower') ? 'better' : 'worse';
}

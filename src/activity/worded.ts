import type { SignalReading } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';

/** What each signal says. */
export function worded(signals: readonly SignalReading[]): Detail {
  return { kind: 'parts', parts: signals.map(({ signal, detail }) => ({ kind: 'signal', signal, what: detail })) };
}

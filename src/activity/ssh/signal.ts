import type { ActivitySignal, SignalReading } from '../../fleet/activity.ts';
import type { Detail } from '../../fleet/detail/detail.ts';

type Rest = Partial<Omit<SignalReading, 'signal' | 'verdict' | 'detail'>>;

/** A signal's reading with what most of them have in common. */
export function signal(
  name: ActivitySignal,
  verdict: SignalReading['verdict'],
  detail: Detail,
  rest: Rest = {},
): SignalReading {
  return {
    signal: name,
    verdict,
    judges: 'work',
    value: null,
    threshold: null,
    unit: '',
    onlyPositive: false,
    lastActiveAt: null,
    detail,
    ...rest,
  };
}

import { measureEvaluate } from './evaluate.ts';
import { atLeast, atMost, type Row } from './rows.ts';
import { digits } from './statistics.ts';

/** Passes of some ten ms each: more of them, since a single one is at the mercy of whatever else runs. */
const SMALL_RUNS = 21;

/** The deciding, on the thread's own time: one core of its own is what the target speaks of. */
export function benchEvaluate(): Promise<readonly Row[]> {
  const large = measureEvaluate(100_000);
  // After the large one, whose passes have the code compiled: a daemon decides twice a minute all day.
  const small = measureEvaluate(10_000, SMALL_RUNS);
  const decided = (result: typeof small) =>
    `${digits(result.wallMs)} ms on the wall, ${result.acts} acts, ${result.refusals} refusals`;
  return Promise.resolve([
    {
      what: `evaluate 100 000 instances × ${large.policies} policies, one core`,
      measured: large.pairsPerSecond / 1e6,
      unit: 'million pairs/s',
      target: atLeast(4),
      detail: decided(large),
    },
    {
      what: `evaluate 10 000 instances × ${small.policies} policies`,
      measured: small.ms,
      unit: 'ms',
      target: atMost(60),
      detail: decided(small),
    },
  ]);
}

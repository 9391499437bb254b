import { inEnglish } from '../decide/in-english.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Operation } from '../fleet/operation.ts';
import { queueAct } from './arm.ts';
import type { Work } from './ports.ts';
import { move } from './transition.ts';

/** Waits after a try at which nothing was sent; then a person is asked, or the occasion is left. */
const BACK_OFF_MS = [30_000, 60_000, 120_000, 240_000, 480_000] as const;

/** How long to wait after so many tries, give or take a quarter; `null`: it has been tried often enough. */
export function backOffMs(tries: number, random: () => number): number | null {
  const step = BACK_OFF_MS[tries];
  return step === undefined ? null : Math.round(step * (0.75 + random() / 2));
}

/**
 * Was the job broken off, since its process ends or somebody else has it by now? Then nothing is known of the wish and
 * nothing is written of it: it stays armed, and whoever comes next is rung for by the tick.
 */
export function isLeft(work: Work, operation: Operation, signal: AbortSignal): boolean {
  if (signal.aborted) work.log.debug({ operation: operation.id }, 'an operation is left to whoever comes next');
  return signal.aborted;
}

/** Nothing was sent and nothing is known to be wrong with the wish: wait and try again, for a while. */
export async function putOff(work: Work, operation: Operation, detail: Detail, signal: AbortSignal): Promise<void> {
  if (isLeft(work, operation, signal)) return;
  const waited = work.clock.now() - operation.createdAt;
  let total = 0;
  for (const [index, step] of BACK_OFF_MS.entries()) {
    total += step;
    if (waited < total && index >= operation.tries) {
      work.log.debug(
        { operation: operation.id, detail: inEnglish(detail, work.standing().zone.name) },
        'an operation is put off',
      );
      await queueAct(work, operation, Math.round(step * (0.75 + work.random() / 2)));
      return;
    }
  }
  // Nothing was sent, so nothing hangs in the air: the occasion is free again, and the next pass decides anew.
  await move(work, operation, { to: 'cancelled', reason: 'not-sent-too-often', detail });
}

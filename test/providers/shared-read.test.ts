import { describe, expect, test } from 'vitest';
import { SharedRead } from '../../src/providers/shared-read.ts';
import { failureOf, forever } from './support/clients.ts';

/** A read whose every step the test takes by hand. */
function manual() {
  const reads: { start: () => void; end: PromiseWithResolvers<number>; signal: AbortSignal }[] = [];
  const shared = new SharedRead<number>('hxy', 'list', (signal, start) => {
    const end = Promise.withResolvers<number>();
    reads.push({ start, end, signal });
    return end.promise;
  });
  return { reads, shared };
}

/** Everything that is due has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a shared read', () => {
  test('serves all who ask before it leaves; who asks later gets the next one', async () => {
    const { reads, shared } = manual();
    const early = [shared.get(forever()), shared.get(forever())];
    await turn();
    early.push(shared.get(forever()));
    reads[0]?.start();
    const late = [shared.get(forever()), shared.get(forever())];
    await turn();
    expect(reads).toHaveLength(1);
    reads[0]?.end.resolve(1);
    expect(await Promise.all(early)).toEqual([1, 1, 1]);
    await turn();
    expect(reads).toHaveLength(2);
    reads[1]?.start();
    reads[1]?.end.resolve(2);
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  test('goes on after a failed one', async () => {
    const { reads, shared } = manual();
    const first = shared.get(forever());
    await turn();
    reads[0]?.start();
    const second = shared.get(forever());
    reads[0]?.end.reject(new Error('weather'));
    await expect(first).rejects.toThrow('weather');
    await turn();
    reads[1]?.end.resolve(2);
    expect(await second).toBe(2);
  });

  test('a caller who leaves takes nobody along; the last one ends the read', async () => {
    const { reads, shared } = manual();
    const [one, two] = [new AbortController(), new AbortController()];
    const [first, second] = [failureOf(shared.get(one.signal)), failureOf(shared.get(two.signal))];
    await turn();
    one.abort(new Error('gone'));
    expect(await first).toMatchObject({ kind: 'not-sent', account: 'hxy', operation: 'list' });
    expect(reads[0]?.signal.aborted).toBe(false);
    two.abort(new Error('gone'));
    await second;
    expect(reads[0]?.signal.aborted).toBe(true);
    // The next caller is not given the aborted one.
    reads[0]?.end.reject(new Error('aborted'));
    const third = shared.get(forever());
    await turn();
    reads[1]?.end.resolve(3);
    expect(await third).toBe(3);
    expect((await failureOf(shared.get(AbortSignal.abort()))).kind).toBe('not-sent');
  });
});

import { describe, expect, test, vi } from 'vitest';
import { SharedRead } from '../../src/providers/shared-read.ts';
import { failureOf, forever } from './support/clients.ts';

/** A read whose every step the test takes by hand. */
function manual() {
  const reads: { start: () => void; end: PromiseWithResolvers<number>; signal: AbortSignal }[] = [];
  const waiting = new Map<number, () => void>();
  const shared = new SharedRead<number>('hxy', 'list', (signal, start) => {
    const end = Promise.withResolvers<number>();
    reads.push({ start, end, signal });
    waiting.get(reads.length)?.();
    return end.promise;
  });
  /** Resolves when so many reads have begun. */
  const begun = (count: number): Promise<void> =>
    reads.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.set(count, resolve));
  return { reads, shared, begun };
}

/** Everything that is due has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a shared read', () => {
  test('serves all who ask before it leaves; who asks later gets the next one', async () => {
    const { reads, shared, begun } = manual();
    const early = [shared.get(forever()), shared.get(forever())];
    await turn();
    early.push(shared.get(forever()));
    reads[0]?.start();
    const late = [shared.get(forever()), shared.get(forever())];
    await turn();
    expect(reads).toHaveLength(1);
    reads[0]?.end.resolve(1);
    expect(await Promise.all(early)).toEqual([1, 1, 1]);
    await begun(2);
    reads[1]?.start();
    reads[1]?.end.resolve(2);
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  test('goes on after a failed one', async () => {
    const { reads, shared, begun } = manual();
    const first = shared.get(forever());
    await turn();
    reads[0]?.start();
    const second = shared.get(forever());
    reads[0]?.end.reject(new Error('weather'));
    await expect(first).rejects.toThrow('weather');
    await begun(2);
    reads[1]?.end.resolve(2);
    expect(await second).toBe(2);
  });

  test('a caller who leaves takes nobody along; the last one ends the read', async () => {
    const { reads, shared, begun } = manual();
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
    await begun(2);
    reads[1]?.end.resolve(3);
    expect(await third).toBe(3);
    expect((await failureOf(shared.get(AbortSignal.abort()))).kind).toBe('not-sent');
  });

  test('takes a break after another, which ends with its time, with a crowd, or when nobody waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { reads, shared, begun } = manual();
      const answered = async (read: number): Promise<void> => {
        await begun(read);
        reads[read - 1]?.start();
        reads[read - 1]?.end.resolve(read);
      };
      const first = shared.get(forever());
      await answered(1);
      await first;

      const alone = shared.get(forever());
      await turn();
      expect(reads).toHaveLength(1);
      vi.runAllTimers();
      await answered(2);
      expect(await alone).toBe(2);

      const many = Array.from({ length: 50 }, () => shared.get(forever()));
      await answered(3);
      expect(new Set(await Promise.all(many))).toEqual(new Set([3]));

      const gone = new AbortController();
      const left = failureOf(shared.get(gone.signal));
      await turn();
      gone.abort();
      await left;
      await begun(4);
      expect(reads[3]?.signal.aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

import { test } from 'vitest';
import { armed, draft, walk } from '../store/support/ledger.ts';
import { openStore } from '../store/support/store.ts';
import { startRedis } from '../support/redis.ts';
import { Collected, openQueues } from './support.ts';

// Versions of the queue library before 6.7 never woke after more than some six seconds: hence one shorter and one longer.
const OUTAGES_S = [3, 9];

test.concurrent.for(OUTAGES_S)(
  'an outage of %i s is survived: nothing hangs, and work goes on within seconds',
  { timeout: 60_000 },
  async (seconds, { expect }) => {
    const redis = await startRedis();
    const store = await openStore(redis.url);
    const { queues, seen } = await openQueues(redis.url);
    try {
      const rang = new Collected<string>();
      queues.worker('verify', async (payload) => rang.add('operationId' in payload ? payload.operationId : ''));
      queues.worker('tick', async () => rang.add('tick'));
      queues.run();
      await queues.schedule([{ id: 'tick', queue: 'tick', everyMs: 500, offsetMs: 0, payload: {} }]);
      await rang.until((items) => items.includes('tick'));
      const before = await walk(store.ledger, await armed(store.ledger, draft()), 'sending', 'accepted');

      const away = redis.outage(seconds * 1_000);
      // Only once it is gone: a command that is on its way when the server dies may still be carried out.
      await expect.poll(() => store.state.kind).toBe('down');
      await expect(queues.enqueue('verify', { operationId: 'lost' })).rejects.toThrow();
      await expect(store.ledger.get(before.id)).rejects.toThrow();
      await expect(store.ledger.arm(draft(), { now: 0, caps: [] })).rejects.toThrow();
      await away;

      const back = performance.now();
      const known = rang.items.length;
      await rang.until((items) => items.slice(known).includes('tick'));
      await store.connect({ waitMs: 10_000 });
      await expect
        .poll(() => queues.enqueue('verify', { operationId: 'after' }).then(() => 'queued', String))
        .toBe('queued');
      await rang.until((items) => items.includes('after'));
      expect(performance.now() - back).toBeLessThan(10_000);
      expect(rang.items).not.toContain('lost');
      await expect.poll(() => queues.lastFinishedAt('verify')).not.toBeNull();

      expect(await store.ledger.get(before.id)).toEqual(before);
      await walk(store.ledger, before, 'confirmed');
      await armed(store.ledger, draft());
      expect(seen.errors.length).toBeGreaterThan(0);
      expect(seen.failures).toEqual([]);
    } finally {
      await queues.close(5_000);
      await store.close();
      await redis.stop();
    }
  },
);

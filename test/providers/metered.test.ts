import { describe, expect, test } from 'vitest';
import type { Instance } from '../../src/fleet/instance.ts';
import { type MeteredCall, metered, type UnknownWord } from '../../src/providers/metered.ts';
import { type Provider, ProviderError } from '../../src/providers/port.ts';
import { forever, open } from './support/clients.ts';
import { JumpClock } from './support/jump-clock.ts';

const instance: Instance = {
  account: 'hxy',
  provider: 'huixingyun',
  id: 'gpu-1',
  name: '',
  status: 'unknown',
  rawStatus: 'Hibernating',
  billing: 'unknown',
  rawBilling: 'Week',
  gpu: '',
  gpuCount: 1,
  gpuType: '',
  room: '',
  createdAt: null,
  startedAt: null,
  expiresAt: null,
  hourlyFen: null,
  orderId: null,
  imageId: null,
  savingImage: false,
  shutdownTimerAt: null,
  services: [],
  problems: [],
};

function setUp(list: () => Promise<readonly Instance[]>) {
  const clock = new JumpClock();
  const calls: MeteredCall[] = [];
  const words: UnknownWord[] = [];
  const inner: Provider = {
    kind: 'huixingyun',
    account: 'hxy',
    list: async () => {
      clock.advance(1500);
      return { startedAt: 0, finishedAt: 0, instances: await list(), incomplete: null, serverTimeAt: null };
    },
    read: async () => null,
    balance: async () => null,
    act: async () => ({ kind: 'uncertain', detail: '' }),
    savedImage: async () => 'saved',
    parseOrder: () => ({}),
    reads: [{ name: 'products', summary: '', run: async () => Promise.reject(new TypeError('a bug')) }],
    close: async () => {},
  };
  const provider = metered(inner, {
    clock,
    onCall: (call) => calls.push(call),
    onUnknownWord: (word) => words.push(word),
  });
  return { provider, calls, words };
}

test('a listing that somebody takes to log in is counted, once for all who wait for it', async () => {
  const clock = new JumpClock();
  const calls: MeteredCall[] = [];
  const gate = Promise.withResolvers<void>();
  let asks = true;
  const inner: Provider = {
    kind: 'huixingyun',
    account: 'hxy',
    list: () => Promise.reject(new Error('nobody asks')),
    read: async () => null,
    balance: async () => null,
    act: async () => ({ kind: 'uncertain', detail: '' }),
    savedImage: async () => 'saved',
    sshAccess: async ({ onListing }) => {
      if (!asks) return null;
      onListing?.();
      await gate.promise;
      throw new ProviderError('throttled', 'hxy', 'list', '429');
    },
    parseOrder: () => ({}),
    reads: [],
    close: async () => {},
  };
  const provider = metered(inner, { clock, onCall: (call) => calls.push(call), onUnknownWord: () => {} });
  const ask = () => provider.sshAccess?.({ id: 'i', createdAt: 1, maxAgeMs: 1 }, forever());
  const both = Promise.allSettled([ask(), ask()]);
  clock.advance(2_000);
  gate.resolve();
  await both;
  expect(calls).toMatchObject([{ operation: 'list', outcome: 'throttled', seconds: 2 }]);
  asks = false;
  await ask();
  expect(calls).toHaveLength(1);
});

describe('a metered provider', () => {
  test('reports every call with its outcome and its seconds', async () => {
    const { provider, calls } = setUp(async () => []);
    await provider.list(forever());
    await provider.read('gpu-1', forever());
    await provider.balance(forever());
    await provider.savedImage('x', instance, forever());
    await provider.act('gpu-1', { kind: 'renew', unit: 'daily', periods: 1 }, { signal: forever(), gate: open });
    await expect(provider.reads[0]?.run({}, forever())).rejects.toThrow('a bug');
    expect(calls.map((call) => [call.operation, call.outcome, call.seconds])).toEqual([
      ['list', 'ok', 1.5],
      ['read', 'ok', 0],
      ['balance', 'ok', 0],
      ['saved-image', 'ok', 0],
      ['renew', 'uncertain', 0],
      ['products', 'error', 0],
    ]);
    expect(calls[0]).toMatchObject({ account: 'hxy', provider: 'huixingyun' });
  });

  test('reports how a read failed, and lets the failure through', async () => {
    const { provider, calls } = setUp(async () =>
      Promise.reject(new ProviderError('unauthorised', 'hxy', 'list', 'no')),
    );
    await expect(provider.list(forever())).rejects.toThrow(ProviderError);
    expect(calls.map((call) => call.outcome)).toEqual(['unauthorised']);
  });

  test('tells each unknown word once, and none of a row that could not be read', async () => {
    const unreadable = { ...instance, id: 'gpu-2', rawStatus: 'Odd', rawBilling: '', problems: ['create_at'] };
    const { provider, words } = setUp(async () => [instance, { ...instance, id: 'gpu-3' }, unreadable]);
    await provider.list(forever());
    await provider.list(forever());
    expect(words).toEqual([
      { account: 'hxy', provider: 'huixingyun', field: 'status', word: 'Hibernating' },
      { account: 'hxy', provider: 'huixingyun', field: 'billing', word: 'Week' },
    ]);
  });
});

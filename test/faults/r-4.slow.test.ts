import { afterEach, expect, test } from 'vitest';
import { account, busy, daily, type FaultBed, SECOND, useFaultBeds } from './harness.ts';
import { ask } from './redis-commands.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 00:00-24:00" }
    do: cardless-stop
`,
};
const beds = useFaultBeds();

async function prepare(): Promise<FaultBed> {
  return await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 11), busy('h')])],
    policies: POLICIES,
  });
}

async function set(name: string, value: string): Promise<void> {
  await ask(beds.redis.url, 'CONFIG', 'SET', name, value);
}

afterEach(async () => {
  await set('maxmemory', '0');
  await set('maxmemory-policy', 'noeviction');
  await set('appendfsync', 'always');
});

for (const point of ['before-arm', 'before-sending'] as const) {
  test(`R4: Redis is full ${point}: nothing is sent, nothing crashes, and it goes on when there is room`, async () => {
    const bed = await prepare();
    const child = await bed.spawnFaulty({ strikes: [{ point, do: 'wait', instance: 'hxy/d' }] });
    await bed.until('it is there', () => child.struck);
    await set('maxmemory', '1');
    child.go();
    await bed.until('it is told that Redis is full', () => child.stderr.includes('OOM'));
    expect((await fetch(`${child.origin}/healthz`)).status).toBe(200);
    expect(bed.requests()).toBe(0);
    await set('maxmemory', '0');
    await bed.attend('it is renewed', 20 * SECOND, async () =>
      (await bed.operations({ instance: 'hxy/d' })).some(({ state }) => state === 'confirmed'),
    );
    expect(child.running).toBe(true);
    expect(bed.requests()).toBe(1);
    await bed.attend('all has ended', 20 * SECOND, async () =>
      (await bed.operations()).every(({ state }) => state === 'confirmed' || state === 'cancelled'),
    );
    await bed.expectSound();
  });
}

for (const [name, value] of [
  ['maxmemory-policy', 'allkeys-lru'],
  ['appendfsync', 'everysec'],
] as const) {
  test(`R4: started on a Redis with ${name} ${value}: paid work is refused for that reason, the rest goes on`, async () => {
    await set(name, value);
    const bed = await prepare();
    const child = await bed.spawnFaulty();
    await bed.attend('what can be undone is done', 20 * SECOND, async () =>
      (await bed.operations({ instance: 'hxy/h' })).some(({ state }) => state === 'confirmed'),
    );
    const since = bed.clock.now();
    await bed.attend('minutes have passed', 60 * SECOND, () => bed.clock.now() > since + 600 * SECOND);
    expect(bed.requests()).toBe(0);
    await bed.refused(child, 'hxy/d', 'renew', 'frozen');
    const readiness: unknown = await (await fetch(`${child.origin}/readyz`)).json();
    expect(JSON.stringify(readiness)).toContain(value);
    await bed.until('people are told why', () =>
      bed.receiver.told().some(({ text }) => text.includes(`${name} ${value}`)),
    );
    await bed.expectSound();
  });
}

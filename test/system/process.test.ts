import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { type Child, lamplighter } from '../support/child.ts';
import { TestClock } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const STOP = `
policies:
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 00:00-24:00" }
    do: stop
    limits: { percent: "100%" }
`;
const beds = useBeds();

async function prepare(policy = STOP): Promise<Bed> {
  return await beds.prepare({
    accounts: [account('huixingyun', [busy('a')])],
    // `lamplighter run` goes by the system's clock.
    clock: new TestClock(Date.now(), true),
    policies: { 'dark.yaml': policy },
    accountConfig: { hxy: { pollEvery: '1s' } },
  });
}

async function run(bed: Bed, env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const child = lamplighter(['run'], { cwd: bed.dir, env, onOutput: bed.happenings.tell });
  bed.children.push(child);
  await bed.until('it runs', () => child.origin !== null || !child.running);
  return child;
}

test('lamplighter run: stops a machine, goes on after kill -9, reads again at SIGHUP, and ends well at SIGTERM', {
  timeout: 40_000,
}, async () => {
  const bed = await prepare();
  const first = await run(bed);
  await bed.until('the cloud has said yes', () => first.stderr.includes('"to":"accepted"'));
  await first.kill('SIGKILL');
  // The cloud is through with it at once.
  bed.sim.account('hxy').instance('a').status = 'stopped';

  const second = await run(bed, { LOG_LEVEL: 'debug' });
  await bed.until('it is confirmed', async () => (await bed.operations())[0]?.state === 'confirmed');
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toHaveLength(1);
  await bed.writePolicy('dark.yaml', STOP.replace('name: dark', 'name: darker'));
  second.process.kill('SIGHUP');
  await bed.until('it has read again', () => second.stderr.includes('policies and configuration were read again'));
  const policies: unknown = await (await fetch(`${second.origin}/api/v1/policies`)).json();
  expect(policies).toMatchObject({ items: [{ name: 'darker' }] });
  expect(await second.kill('SIGTERM')).toBe(0);
  expect(second.stdout).toBe('');
  for (const line of second.stderr.trimEnd().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
});

test('Ctrl-C ends it with 130, also while it hangs at a cloud', { timeout: 40_000 }, async () => {
  const bed = await prepare();
  bed.sim.account('hxy').down = 'hang';
  const child = await run(bed);
  await bed.until('it hangs', () => bed.sim.calls.length > 0);
  expect(await child.kill('SIGINT')).toBe(130);
});

test('a reader that goes away is no error', async () => {
  const bed = await prepare();
  const child = lamplighter(['schema', 'config'], { cwd: bed.dir });
  child.process.stdout?.destroy();
  expect(await child.ended).toBe(0);
  expect(child.stderr).toBe('');
});

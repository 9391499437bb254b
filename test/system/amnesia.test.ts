import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';

const beds = useBeds();

test('Redis came back older than it was: nothing is paid until a person has looked, and stopping goes on', {
  timeout: 40_000,
}, async () => {
  const copy = await mkdtemp(join(tmpdir(), 'lamplighter-aof-'));
  try {
    const bed = await beds.start({
      accounts: [account('huixingyun', [daily('d', 6), busy('h', { name: 'dev-h' })])],
      policies: {
        'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 12:30-24:00" }
    do: stop
`,
      },
    });
    await bed.control('/api/v1/pause', { by: 'li', reason: 'until the copy is made' });
    await beds.redis.saveFiles(copy);
    await bed.control('/api/v1/resume', { by: 'li' });
    await bed.round();
    await bed.operationInTime('hxy/d', 'confirmed', 'renew');
    expect(bed.sim.account('hxy').commits).toHaveLength(1);

    // The host lost its last minutes: neither the renewal nor its job is known any more.
    await beds.redis.kill();
    await beds.redis.restoreFiles(copy);
    await beds.redis.start();
    await bed.until('the freeze is told', async () => (await bed.metric('paid_work_frozen')) === 1);
    const page = await bed.until('people are told', () => bed.receiver.told('operation.escalated')[0]);
    expect(page).toMatchObject({ severity: 'critical', reason: 'amnesia', account: null });
    // To the daemon the machine is about to expire once more.
    bed.sim.account('hxy').instance('d').expiresAt = bed.clock.now() + 60 * MINUTE;
    await bed.control('/api/v1/resume', { by: 'li' });
    bed.clock.pass(40 * MINUTE);
    await bed.operationInTime('hxy/h', 'confirmed', 'stop');
    expect(bed.sim.account('hxy').commits).toHaveLength(1);
    const plan = await bed.list('plan');
    expect(plan).toMatchObject([{ instance: 'hxy/d', action: 'renew', reason: 'frozen' }]);
    const ready: unknown = await (await bed.http('/readyz')).json();
    expect(ready).toMatchObject({ checks: { paidWork: { ok: false } } });

    const asked = await runCommand(['reconcile'], { cwd: bed.dir });
    expect(asked.code).toBe(2);
    expect(asked.err).toContain('say --yes');
    const lifted = await runCommand(['reconcile', '--yes', '--by', 'li'], { cwd: bed.dir });
    expect(lifted).toMatchObject({ code: 0, out: 'paid and destructive work may go on\n' });
    await bed.rollUntil('it is renewed', MINUTE, () => bed.sim.account('hxy').commits.length === 2);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

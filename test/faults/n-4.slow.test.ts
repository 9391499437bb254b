import { expect, test } from 'vitest';
import { Front, type Prank, reword, say } from './front.ts';
import { account, daily, type FaultBed, idle, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const PAGE = '<html><body>down for maintenance canary-page-of-n4</body></html>';

async function escalated(bed: FaultBed, instance: string) {
  return await bed.attend(`${instance} is before a person`, 2 * MINUTE, async () =>
    (await bed.operations({ instance })).find(({ state }) => state === 'escalated'),
  );
}

test('N4: a web page, {} and 204 are no success: unclear, never sent again, and the third closes the account’s purse', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d1', 3), daily('d2', 4), daily('d3', 5), daily('d4', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const answers: readonly Prank[] = [
    say(200, PAGE, { 'content-type': 'text/html' }),
    say(200, '{}'),
    ({ response }) => void response.writeHead(204).end(),
  ];
  for (const answer of answers) front.add('/renew', answer);
  const child = await bed.spawnFaulty();
  await bed.until(
    'three were asked',
    async () => (await bed.operations()).filter(({ sendingAt }) => sendingAt !== null).length === 3,
  );
  await bed.until('the purse is closed', async () => (await bed.metricOf(child, 'account_breaker_open')) === 1);
  const asked = (await bed.operations()).filter(({ sendingAt }) => sendingAt !== null);
  for (const operation of asked) {
    expect((await escalated(bed, operation.instance)).transitions.map(({ to }) => to)).toContain('uncertain');
  }
  expect(front.asked('/renew')).toBe(3);
  expect(bed.requests()).toBe(0);
  expect(child.stderr + child.stdout).not.toContain('canary-page-of-n4');
  expect(bed.receiver.bodies.join()).not.toContain('canary-page-of-n4');
  await bed.expectSound();
  await front.stop();
});

test('N4: a code that no document shows is neither yes nor no where it destroys', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('chenyu-v1', [idle('v')])],
    policies: {
      'destroy.yaml': `
policies:
  - name: sweep
    match: { status: running }
    when: { during: always }
    do: destroy
    notice: 0s
    requireNotice: false
`,
    },
    accountConfig: {
      cy1: { baseUrl: front.origin, actions: ['destroy'], spendLimit: { callsPerDay: 3 } },
    },
  });
  front.target = bed.sim.origin;
  front.add('/app/instance/stop', say(200, '{"code":"77","msg":"canary-page-of-n4","result":{}}'));
  const child = await bed.spawnFaulty();
  await bed.attend('it was asked', 10 * SECOND, () => front.asked('/app/instance/stop') > 0);
  const lost = await escalated(bed, 'cy1/v');
  expect(lost.transitions.map(({ to }) => to)).toContain('uncertain');
  expect(front.asked('/app/instance/stop')).toBe(1);
  expect(bed.sim.account('cy1').has('v')).toBe(true);
  await bed.until('a person is told', () => bed.receiver.told('operation.escalated').length === 1);
  expect(child.running).toBe(true);
  await bed.expectSound();
  await front.stop();
});

test('N4: what the cloud did although it said 502 is found by reading', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  front.add(
    '/renew',
    reword(() => ({ success: ['gpu'], fails: [] }), 502),
  );
  await bed.spawnFaulty();
  await bed.attend('it is renewed', MINUTE, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
  await front.stop();
});

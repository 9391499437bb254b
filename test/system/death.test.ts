import { expect, test } from 'vitest';
import { isTerminal, type Operation } from '../../src/fleet/operation.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, daily } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

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
    limits: { percent: "100%" }
`,
};
const beds = useBeds();

/** No machine was ever paid for twice for one expiry. */
function _paidTwice(bed: Bed): readonly string[] {
  const keys = bed.sim
    .account('hxy')
    .commits.map(({ instanceId, expiresAtBefore }) => `${instanceId} ${expiresAtBefore}`);
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

function _isOver({ state }: Operation): boolean {
  return state === 'escalated' || isTerminal(state);
}

test('killed between SENDING and the answer, what was done is seen and what was not is put before a person', {
  timeout: 60_000,
}, async () => {
  const bed = await beds.prepare({
    // One account pays for one thing at a time.
    accounts: [account('huixingyun', [daily('done', 3)]), account('huixingyun', [daily('lost', 4)], { name: 'hxy-b' })],
    policies: POLICIES,
  });
  const done = bed.sim.faults.add({ kind: 'hang', operation: 'renew', account: 'hxy', effect: 'now' });
  const lost = bed.sim.faults.add({ kind: 'hang', operation: 'renew', account: 'hxy-b', effect: 'never' });
  const first = await bed.spawn();
  await bed.until('both requests are out', () => done.hits === 1 && lost.hits === 1);
  await first.kill();

  const second = await bed.spawn();
  await bed.attend('the one is confirmed and the other escalated', MINUTE, async () => {
    const states = (await bed.operations()).map(({ state }) => state).sort();
    return states.join() === 'confirmed,escalated';
  });
  const [yes] = await bed.operations({ instance: 'hxy/done' });
  const [no] = await bed.operations({ instance: 'hxy-b/lost' });
  expect(yes).toMatchObject({ state: 'confirmed', action: 'renew' });
  expect(no).toMatchObject({ state: 'escalated', reason: 'not-seen' });
  expect(yes?.transitions.map(({ reason }) => reason)).toContain('orphan');
  const escalations = await bed.until('somebody is told', () => {
    const told = bed.receiver.told('operation.escalated');
    return told.length > 0 && told;
  });
  expect(escalations).toHaveLength(1);

  // Never sent again by itself, however long nobody answers.
  const sinceAt = bed.clock.now();
  await bed.attend('an hour has passed', 10 * MINUTE, () => bed.clock.now() > sinceAt + 60 * MINUTE);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'renew')).toHaveLength(2);

  const approved = await fetch(`${second.origin}/api/v1/operations/${no?.id}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bed.controlToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ by: 'wang', reason: 'the console shows no order' }),
  });
  expect(approved.status).toBe(200);
  await bed.attend('the approved attempt is confirmed', 20 * SECOND, async () => {
    const all = await bed.operations({ instance: 'hxy-b/lost' });
    return all.length === 2 && all[0]?.state === 'confirmed' && all;
  });
  expect(bed.sim.calls.filter(({ operation }) => operation === 'renew')).toHaveLength(3);
  expect(bed.sim.account('hxy').commits).toHaveLength(1);
  expect(bed.sim.account('hxy-b').commits).toHaveLength(1);
});

test('an escalated renewal that a person closes ends, and nothing is sent for that expiry any more', {
  timeout: 30_000,
}, async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [daily('d', 5)])], policies: POLICIES });
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew' });
  await bed.round();
  const escalated = await bed.operationInTime('hxy/d', 'escalated', 'renew', MINUTE);
  const closed = await bed.control(`/api/v1/operations/${escalated.id}/close`, { by: 'wang', reason: 'not needed' });
  expect(closed.status).toBe(200);
  expect(await closed.json()).toMatchObject({ state: 'cancelled', reason: 'closed-by-person' });
  await bed.roll(10 * MINUTE, 8);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'renew')).toHaveLength(1);
  expect(bed.sim.account('hxy').commits).toEqual([]);
});

import { expect, test } from 'vitest';
import { peopleStore } from '../../src/app/client.ts';
import { Control } from '../../src/app/control.ts';
import { applyPlan, makePlanFile } from '../../src/app/plan-file.ts';
import { alwaysBusy } from '../../src/simulator/workload.ts';
import { act } from '../../src/work/act.ts';
import type { Work } from '../../src/work/ports.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { withMethods } from '../support/with-methods.ts';

const beds = useBeds();

/** What is due now is written down and applied at once; the sentences of both. */
async function planAndApply(bed: Bed, work: Work = bed.daemon.work): Promise<readonly string[]> {
  const { plan } = await makePlanFile(work, null);
  const applied = await applyPlan(work, new Control(work, peopleStore(bed.daemon.store)), plan, 'wang');
  if (applied.kind === 'early') return ['early'];
  if (applied.kind === 'moved') return applied.differences;
  return applied.acts.map(({ act: { action, name, policy }, outcome }) =>
    outcome.kind === 'done' ? `${action} of ${name} (${policy})` : outcome.message,
  );
}

test('what was applied was done for its policy: the next step follows, the same one does not, and what is owed after is kept', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a'), busy('lunch', { name: 'web-lunch' })])],
    policies: {
      'applied.yaml': `
policies:
  - { name: again-then-off, mode: observe, match: { name: "dev-*" }, when: { cron: "0 12 * * *" }, do: [restart, stop], limits: { percent: "100%" } }
  - { name: lunch, mode: observe, match: { name: "web-*" }, when: { during: "Mon-Sun 12:00-13:00" }, do: stop, afterwards: start, limits: { percent: "100%" } }
`,
    },
  });
  await bed.round();
  expect(await planAndApply(bed)).toEqual(['restart of dev-a (again-then-off)', 'stop of web-lunch (lunch)']);
  const again = await bed.operationInTime('hxy/a', 'confirmed', 'restart');
  expect(again).toMatchObject({ policy: 'again-then-off', step: 0, by: 'person wang', reason: 'seen' });
  await bed.operationInTime('hxy/lunch', 'confirmed', 'stop');
  expect(await planAndApply(bed)).toEqual(['stop of dev-a (again-then-off)']);
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
  expect(await planAndApply(bed)).toEqual([]);
  bed.clock.pass(NOON + HOUR + MINUTE - bed.clock.now());
  await bed.round();
  expect(await planAndApply(bed)).toEqual(['start of web-lunch (lunch)']);
  const start = await bed.operationInTime('hxy/lunch', 'confirmed', 'start');
  expect(start).toMatchObject({ policy: 'lunch', by: 'person wang' });
  expect(await bed.daemon.store.obligationsOf('hxy')).toEqual([]);
});

test('between applying and acting the policy is asked once more, also one that only observes', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b'), idle('c', { name: 'web-c' })])],
    policies: {
      'idle.yaml': `
policies:
  - { name: stop-idle, mode: observe, match: { name: "dev-*" }, when: { idleFor: 30m }, do: stop, limits: { perPass: 5 } }
  - { name: long, mode: observe, match: { name: "web-*" }, when: { runningFor: 1h }, do: stop, limits: { perPass: 5 } }
`,
    },
  });
  await bed.round();
  const { work } = bed.daemon;
  await bed.rollUntil('all are due', 10 * MINUTE, async () => (await makePlanFile(work, null)).plan.acts.length === 3);
  // As where no daemon runs: what is armed waits until somebody carries it out.
  const deaf = withMethods(work, { queue: withMethods(work.queue, { act: () => Promise.resolve() }) });
  expect(await planAndApply(bed, deaf)).toEqual([
    'stop of dev-a (stop-idle)',
    'stop of dev-b (stop-idle)',
    'stop of web-c (long)',
  ]);
  bed.sim.account('hxy').instance('b').workload = alwaysBusy(bed.clock.now());
  bed.sim.account('hxy').instance('c').name = 'prod-c';
  for (const { id } of await bed.operations()) await act(work, id, AbortSignal.timeout(10 * SECOND));
  const ended = async (instance: string) => (await bed.operations({ instance }))[0];
  expect(await ended('hxy/a')).toMatchObject({ state: 'accepted' });
  expect(await ended('hxy/b')).toMatchObject({ state: 'cancelled', reason: 'activity' });
  expect(await ended('hxy/c')).toMatchObject({ state: 'cancelled', reason: 'no-longer-due' });
});

test('of what was applied and is never seen a person hears: an observing policy does not ask again', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: {
      'lunch.yaml': `
policies:
  - { name: lunch, mode: observe, match: all, when: { during: "Mon-Sun 12:00-13:00" }, do: stop }
`,
    },
  });
  await bed.round();
  bed.sim.faults.add({ kind: 'delayed-effect', delayMs: 5 * HOUR, operation: 'stop' });
  expect(await planAndApply(bed)).toEqual(['stop of dev-a (lunch)']);
  // Before time passes: what is not sent while the window is open is called off.
  await bed.until('it is sent', async () => {
    const [asked] = await bed.operations({ instance: 'hxy/a' });
    return asked?.state === 'accepted' || asked?.state === 'verifying';
  });
  const operation = await bed.operationInTime('hxy/a', 'escalated', 'stop', 5 * MINUTE);
  expect(operation).toMatchObject({ attempt: 1, reason: 'not-seen' });
});

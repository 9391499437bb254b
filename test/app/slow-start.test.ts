import { expect, test } from 'vitest';
import { QueueDown } from '../../src/queue/queue.ts';
import type { Work } from '../../src/work/ports.ts';
import { useBeds } from '../support/beds.ts';
import { account, idle } from '../support/cloud.ts';
import { withMethods } from '../support/with-methods.ts';

const WATCH = `
policies:
  - name: watch
    match: all
    when: { statusFor: { status: [starting], for: 20m } }
    do: notify
`;
const beds = useBeds();

test('a Redis that is slow to answer right at the start ends no daemon: its schedules are made, and it polls', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [idle('a')])], policies: { 'watch.yaml': WATCH } });
  let refused = 0;
  const decorate = (work: Work): Work => ({
    ...work,
    queue: withMethods(work.queue, {
      poll: (name) => {
        refused += 1;
        return refused === 1 ? Promise.reject(new QueueDown('adding to poll', null)) : work.queue.poll(name);
      },
    }),
  });
  await bed.start({ decorate });
  expect(refused).toBe(1);
  await bed.until('it polls', () => bed.sim.calls.some(({ operation }) => operation === 'list'));
});

import { expect, test } from 'vitest';
import { Front, type Prank } from './front.ts';
import { account, idle, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const LIGHTS_OUT = {
  'lights-out.yaml': `
policies:
  - name: lights-out
    match: { name: "dev-*" }
    when: { during: always }
    do: stop
`,
};

/** What is left of the listing when the line is cut after the second row, at the end of a JSON text by chance. */
const cut: Prank = async ({ forward, socket }) => {
  const { body } = await forward();
  const listing: unknown = JSON.parse(body);
  if (typeof listing !== 'object' || listing === null || !('items' in listing) || !Array.isArray(listing.items)) {
    throw new Error('not a listing');
  }
  const text = JSON.stringify({ ...listing, items: listing.items.slice(0, 2) });
  socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${text}`);
};

test('N5: a listing cut in the middle, without a length and still JSON, is not whole: nothing is done by it', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [
      account(
        'huixingyun',
        ['a', 'b', 'c'].map((id) => idle(id)),
      ),
    ],
    policies: LIGHTS_OUT,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  front.add('/list', cut, Number.POSITIVE_INFINITY);
  const child = await bed.spawnFaulty();
  await bed.attend('it was listed ten times', SECOND, () => front.asked('/list') >= 10);
  expect(await bed.metricOf(child, 'snapshot_complete', { account: 'hxy' })).toBe(0);
  expect(await bed.operations()).toEqual([]);
  expect(await bed.metricOf(child, 'decisions_total', { reason: 'incomplete-snapshot' })).toBeGreaterThan(0);
  expect(front.asked('/stop')).toBe(0);
  front.clear();
  // Once it is whole again, what is due is done.
  await bed.attend('all is done', 20 * SECOND, async () => {
    const all = await bed.operations();
    return all.filter(({ state }) => state === 'confirmed').length === 3;
  });
  await bed.expectSound();
  await front.stop();
});

import { expect, test } from 'vitest';
import { Front, type Prank } from './front.ts';
import { account, daily, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const ENDINGS: Readonly<Record<string, Prank>> = {
  'a reset': async ({ forward, socket }) => {
    await forward();
    socket.resetAndDestroy();
  },
  'an end': async ({ forward, socket }) => {
    await forward();
    socket.destroy();
  },
  'half an answer': async ({ forward, response, socket }) => {
    const { body, headers } = await forward();
    response.writeHead(200, { ...headers, 'content-length': `${body.length}` });
    response.write(body.slice(0, body.length / 2), () => socket.resetAndDestroy());
  },
};

test.each(Object.entries(ENDINGS))(
  'N1: the cloud commits and then there is %s: one request, unclear, and confirmed from the expiry',
  async (_, prank) => {
    const front = await new Front().start();
    const bed = await beds.prepare({
      accounts: [account('huixingyun', [daily('d', 6)])],
      policies: KEEP_PAID,
      accountConfig: { hxy: { baseUrl: front.origin } },
    });
    front.target = bed.sim.origin;
    front.add('/renew', prank);
    await bed.spawnFaulty();
    const done = await bed.attend('it is renewed', 20 * SECOND, async () =>
      (await bed.operations()).find(({ state }) => state === 'confirmed'),
    );
    expect(done.transitions.map(({ to }) => to)).toContain('uncertain');
    expect(front.asked('/renew')).toBe(1);
    expect(bed.requests()).toBe(1);
    expect(bed.commits()).toHaveLength(1);
    await bed.expectSound();
    await front.stop();
  },
);

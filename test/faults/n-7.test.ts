import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { certificate } from './certificate.ts';
import { Front, say } from './front.ts';
import { account, DAY, daily, type FaultBed, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

async function escalated(bed: FaultBed, instance: string) {
  return await bed.attend(`${instance} is before a person`, 2 * MINUTE, async () =>
    (await bed.operations({ instance })).find(({ state }) => state === 'escalated'),
  );
}

test('N7: a 307 to another host is not followed, nothing goes there, and it is no success', async () => {
  const elsewhere = await new Front().start();
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  elsewhere.target = bed.sim.origin;
  front.add('/renew', say(307, '', { location: `${elsewhere.origin}/gpu/instances/renew` }));
  // A read is sent on to nowhere either.
  front.add('/list', say(307, '', { location: `${elsewhere.origin}/gpu/instances/list` }));
  await bed.spawnFaulty();
  await bed.until('it was asked', () => front.asked('/renew') > 0);
  const lost = await escalated(bed, 'hxy/d');
  expect(lost.transitions.map(({ to }) => to)).toContain('uncertain');
  expect(front.asked('/renew')).toBe(1);
  expect(elsewhere.requests).toEqual([]);
  await bed.expectSound();
  await elsewhere.stop();
  await front.stop();
});

test('N7: a cloud that speaks HTTP/2 only is not spoken to: HTTP/1.1 alone is offered', async () => {
  const good = certificate('good', Date.now() - DAY, Date.now() + DAY);
  const front = await new Front({ certificate: good }).start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: { 'keep-paid.yaml': KEEP_PAID['keep-paid.yaml'].replace('12h', '1h') },
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const authorities = join(bed.dir, 'authorities.pem');
  await writeFile(authorities, good.cert);
  const child = await bed.spawnFaulty({ env: { NODE_EXTRA_CA_CERTS: authorities } });
  await bed.attend('it is listed', SECOND, () => front.asked('/list') > 1);
  front.protocol = 'h2';
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID['keep-paid.yaml']);
  await bed.controlOf(child, '/-/reload');
  await bed.attend('it was tried', 20 * SECOND, async () => {
    const tried = await bed.metricOf(child, 'provider_requests_total', { operation: 'renew', outcome: 'not-sent' });
    return (tried ?? 0) >= 1;
  });
  expect(bed.requests()).toBe(0);
  front.protocol = 'http/1.1';
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(new Set(front.offered.flat())).toEqual(new Set(['http/1.1']));
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
  await front.stop();
});

test('N7: a connection that ends as the request is written is not tried again: it may have arrived', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  front.add('/renew', ({ socket }) => void socket.resetAndDestroy());
  await bed.spawnFaulty();
  await bed.until('it was asked', () => front.asked('/renew') > 0);
  const lost = await escalated(bed, 'hxy/d');
  expect(lost.transitions.map(({ to }) => to)).toContain('uncertain');
  expect(front.asked('/renew')).toBe(1);
  // It came on a connection of its own, over which nothing else went.
  const renewal = front.requests.find(({ path }) => path.endsWith('/renew'));
  expect(renewal?.headers.connection).toBe('close');
  await bed.expectSound();
  await front.stop();
});

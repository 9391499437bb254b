import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { certificate } from './certificate.ts';
import { Front } from './front.ts';
import {
  account,
  DAY,
  daily,
  type FaultBed,
  type FaultChild,
  HOUR,
  KEEP_PAID,
  SECOND,
  useFaultBeds,
} from './harness.ts';

const beds = useFaultBeds();
/** Renews later than these cases begin. */
const NOT_YET = { 'keep-paid.yaml': KEEP_PAID['keep-paid.yaml'].replace('12h', '1h') };
/** No name server is asked for a name with so long a part: it does not exist. */
const NOWHERE = `https://${'n'.repeat(64)}.invalid`;

async function confirmed(bed: FaultBed) {
  return await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
}

/** It has been tried, and each time it is known that nothing left. */
async function notSentTwice(bed: FaultBed, child: FaultChild): Promise<void> {
  await bed.attend('it was tried twice', 20 * SECOND, async () => {
    const tried = await bed.metricOf(child, 'provider_requests_total', { operation: 'renew', outcome: 'not-sent' });
    return (tried ?? 0) >= 2;
  });
  // Nobody has written SENDING: what is not connected is not about to send.
  const transitions = (await bed.operations()).flatMap((operation) => operation.transitions.map(({ to }) => to));
  expect(transitions).not.toContain('sending');
  expect(bed.requests()).toBe(0);
}

test('N2: where nobody takes the connection nothing is sent, and once somebody does there is one request in total', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: NOT_YET,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const child = await bed.spawnFaulty();
  // Its reads have their connection by now; a payment wants one of its own.
  await bed.attend('it is listed', SECOND, () => front.asked('/list') > 1);
  front.refuse();
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID['keep-paid.yaml']);
  await bed.controlOf(child, '/-/reload');
  await notSentTwice(bed, child);
  await front.start();
  const done = await confirmed(bed);
  expect(done.transitions.filter(({ to }) => to === 'sending')).toHaveLength(1);
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
  await front.stop();
});

test('N2: where the certificate has expired nothing is sent, and with a good one there is one request in total', async () => {
  const now = Date.now();
  const good = certificate('good', now - DAY, now + DAY);
  const expired = certificate('expired', now - 3 * DAY, now - HOUR);
  const front = await new Front({ certificate: good }).start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: NOT_YET,
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const authorities = join(bed.dir, 'authorities.pem');
  await writeFile(authorities, good.cert + expired.cert);
  const child = await bed.spawnFaulty({ env: { NODE_EXTRA_CA_CERTS: authorities } });
  await bed.attend('it is listed', SECOND, () => front.asked('/list') > 1);
  front.present(expired);
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID['keep-paid.yaml']);
  await bed.controlOf(child, '/-/reload');
  await notSentTwice(bed, child);
  front.present(good);
  await confirmed(bed);
  expect(bed.requests()).toBe(1);
  // In none of all these handshakes was anything offered but HTTP/1.1.
  expect(new Set(front.offered.flat())).toEqual(new Set(['http/1.1']));
  await bed.expectSound();
  await front.stop();
});

test('N2: where the name of the cloud does not resolve nothing is sent, and the operation waits for it', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6)])],
    policies: KEEP_PAID,
  });
  const child = await bed.spawnFaulty({ strikes: [{ point: 'after-arm', do: 'wait' }] });
  await bed.until('it is armed', () => child.reached('after-arm'));
  await bed.writeConfig({ accounts: { hxy: { ...hxy(bed), baseUrl: NOWHERE } } });
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
  child.go();
  const given = await bed.until('it is given up for now', async () => {
    await bed.pass(20 * SECOND);
    return (await bed.operations()).find(({ reason }) => reason === 'not-sent-too-often');
  });
  expect(given.transitions.map(({ to }) => to)).not.toContain('sending');
  expect(bed.requests()).toBe(0);
  await bed.writeConfig();
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
  await confirmed(bed);
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
});

function hxy(bed: FaultBed): object {
  return { provider: 'huixingyun', baseUrl: bed.sim.origin, tokenFile: 'secrets/hxy', spendLimit: { callsPerDay: 10 } };
}

test('N2: a proxy named in the environment is asked for nothing, whatever it would say to CONNECT', async () => {
  let asked = 0;
  const proxy = createServer((socket) => {
    asked += 1;
    socket.on('error', () => {}).end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 6)])], policies: KEEP_PAID });
  const env = { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url, NODE_USE_ENV_PROXY: '1' };
  await bed.spawnFaulty({ env });
  await confirmed(bed);
  expect(asked).toBe(0);
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
  proxy.close();
});

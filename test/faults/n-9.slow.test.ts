import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Front, type Prank } from './front.ts';
import { account, daily, type FaultChild, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const MB = 1024 * 1024;
const SOON = { headersTimeoutMs: 1_000, bodyTimeoutMs: 1_500, deadlineMs: 2_000 };
/** More than this the memory must not grow by, whatever is sent. */
const MOST_GROWTH = 50 * MB;
/** An idle machine's loop is late by a few ms; here others run beside it. 500 MB parsed at once would take seconds. */
const LONGEST_LAG_S = 1;

/** 1 byte every 100 ms: never so slow that one of the shorter limits would end it. */
const drip: Prank = async ({ forward, response }) => {
  const { body, headers } = await forward();
  response.writeHead(200, { ...headers, 'content-length': `${body.length}` });
  let at = 0;
  const timer = setInterval(() => {
    response.write(body.slice(at, at + 1));
    at += 1;
  }, 100);
  response.on('close', () => clearInterval(timer));
};

/** The answer, then blanks: 500 MB as fast as the other side takes them. */
const flood: Prank = async ({ forward, response }) => {
  const { body, headers } = await forward();
  response.writeHead(200, headers);
  response.write(body);
  const blanks = Buffer.alloc(MB, 0x20);
  for (let sent = 0; sent < 500 && !response.destroyed; sent += 1) {
    if (!response.write(blanks)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
};

const announced: Prank = ({ response, socket }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': `${500 * MB}` });
  response.write('{"items":[');
  socket.on('error', () => {});
};

/** 1 GB of blanks in a megabyte. */
const BOMB = gzipSync(Buffer.alloc(1024 * MB, 0x20));
const bomb: Prank = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB);
};

/** In bytes, from the operating system: now, and the most since the last time this was asked. */
async function memory(child: FaultChild): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${child.process.pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

const PRANKS: Readonly<Record<string, Prank>> = {
  'one byte at a time': drip,
  '500 MB': flood,
  '500 MB announced': announced,
  'a gzip bomb': bomb,
};

test.each(Object.entries(PRANKS))(
  'N9: %s, on a listing and on a payment: cut at the limit of time or size, and the daemon stays small and awake',
  async (_, prank) => {
    const front = await new Front().start();
    const bed = await beds.prepare({
      accounts: [account('huixingyun', [daily('d', 6)])],
      policies: KEEP_PAID,
      accountConfig: { hxy: { baseUrl: front.origin } },
    });
    front.target = bed.sim.origin;
    front.add('/renew', async (exchange) => {
      // It does it, and then answers like that.
      if (prank === announced || prank === bomb) await exchange.forward();
      await prank(exchange);
    });
    const child = await bed.spawnFaulty({ limits: SOON });
    const done = await bed.attend('it is renewed', 20 * SECOND, async () =>
      (await bed.operations()).find(({ state }) => state === 'confirmed'),
    );
    expect(done.transitions.map(({ to }) => to)).toContain('uncertain');
    expect(front.asked('/renew')).toBe(1);

    const before = await memory(child);
    await bed.metricOf(child, 'redis_up');
    let failed = 0;
    front.add('/list', prank, 3);
    await bed.until('listing has failed', async () => {
      failed = (await bed.metricOf(child, 'provider_requests_total', { operation: 'list', outcome: 'uncertain' })) ?? 0;
      failed += (await bed.metricOf(child, 'provider_requests_total', { operation: 'list', outcome: 'protocol' })) ?? 0;
      return failed > 0;
    });
    const after = await memory(child);
    expect(Math.max(after.now, after.peak) - before.now).toBeLessThan(MOST_GROWTH);
    const response = await fetch(`${child.origin}/metrics`);
    const lag = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text())?.[1]);
    expect(lag).toBeLessThan(LONGEST_LAG_S);
    // And it goes on as if nothing had been.
    front.clear();
    const listed = front.asked('/list');
    await bed.attend('it is listed again', SECOND, () => front.asked('/list') > listed + 2);
    expect(bed.requests()).toBe(1);
    await bed.expectSound();
    await front.stop();
  },
);

import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { tick } from '../../src/work/tick.ts';
import { HttpServer } from '../providers/support/http-server.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { Receiver } from '../support/receiver.ts';

const WATCH = `
policies:
  - name: watch
    match: all
    when: { statusFor: { status: [starting], for: 20m } }
    do: notify
`;
const STOP = `
policies:
  - name: stop-idle
    match: { name: "dev-*" }
    when: { idleFor: 30m }
    do: stop
    minimumUptime: 1m
    limits: { perPass: 10, percent: "100%" }
`;
const ALERTS = z.array(
  z.object({ labels: z.record(z.string(), z.string()), startsAt: z.string(), endsAt: z.string() }),
);
const beds = useBeds();
const receivers: Receiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

/** A receiver beside the bed's own, by the keys of its notifier. */
async function receiver(tell: () => void): Promise<Receiver> {
  const made = new Receiver(tell);
  receivers.push(made);
  await made.start();
  return made;
}

async function bedWith(notifiers: (url: (name: string) => string) => Record<string, object>, stop = false) {
  let bed: Bed | null = null;
  const others = new Map<string, Receiver>();
  for (const name of ['night', 'other']) others.set(name, await receiver(() => bed?.happenings.tell()));
  const url = (name: string) => others.get(name)?.url ?? '';
  const machines = stop ? [idle('a'), idle('b')] : [busy('a')];
  bed = await beds.start({
    accounts: [account('huixingyun', machines)],
    policies: { 'watch.yaml': stop ? STOP : WATCH },
    config: {
      labels: [{ match: { name: 'dev-a' }, set: { owner: 'wang' } }],
      notifiers: { hook: { type: 'webhook', urlFile: 'secrets/hook' }, ...notifiers(url) },
    },
  });
  const of = (name: string): Receiver => {
    const found = others.get(name);
    if (found === undefined) throw new Error(`no receiver ${name}`);
    return found;
  };
  return { bed, night: of('night'), other: of('other') };
}

test('what stays open is told again, and its end goes to whoever was alarmed and to nobody who was not', async () => {
  const { bed, night, other } = await bedWith((url) => ({
    night: { type: 'webhook', url: url('night'), routes: [{ severity: 'critical' }], repeatEvery: '1h' },
    other: { type: 'webhook', url: url('other'), routes: [{ events: ['balance.low'] }] },
  }));
  await bed.round();
  bed.sim.faults.add({ kind: 'http-status', status: 500, operation: 'list', times: 1_000 });
  await bed.roll(MINUTE, 3);
  const alarm = await bed.until('the night is told', () => night.told('account.unreachable')[0]);
  await tick(bed.daemon.work);
  bed.clock.pass(HOUR);
  // Two daemons that look at the same time tell the same.
  const second = await bed.start();
  await Promise.all([tick(bed.daemon.work), tick(second.work)]);
  const again = await bed.until('it is told again', () => night.told('account.unreachable')[1]);
  expect(again).toMatchObject({ text: alarm.text, at: alarm.at, details: { repeats: alarm.id, repeated: 1 } });
  expect(again.id).not.toBe(alarm.id);
  await tick(second.work);
  bed.clock.pass(HOUR);
  await tick(bed.daemon.work);
  await bed.until('and again', () => night.told('account.unreachable')[2]);
  bed.sim.faults.clear();
  await bed.roll(MINUTE, 1);
  const end = await bed.until('the end is told', () => night.told('account.recovered')[0]);
  expect(end).toMatchObject({ severity: 'info', account: 'hxy', details: { closes: alarm.id } });
  await bed.until('everybody who hears everything hears it too', () => bed.receiver.told('account.recovered')[0]);
  bed.clock.pass(3 * HOUR);
  await tick(bed.daemon.work);
  await bed.roll(MINUTE, 2);
  expect(night.told()).toHaveLength(4);
  // Who wants nothing twice was told once.
  expect(bed.receiver.told('account.unreachable')).toHaveLength(1);
  expect(other.told()).toEqual([]);
});

test('an Alertmanager is told again by itself, and of the end by the same labels', async () => {
  await using server = await new HttpServer().start();
  let bed: Bed | null = null;
  const alerts: z.infer<typeof ALERTS> = [];
  server.handler = (request, response) => {
    alerts.push(...ALERTS.parse(JSON.parse(request.body)));
    response.end();
    bed?.happenings.tell();
  };
  ({ bed } = await bedWith(() => ({ am: { type: 'alertmanager', url: server.origin, severity: 'critical' } })));
  const { work } = bed.daemon;
  const unreachable = () => alerts.filter(({ labels }) => labels.alertname === 'LamplighterAccountUnreachable');
  await bed.round();
  bed.sim.faults.add({ kind: 'http-status', status: 500, operation: 'list', times: 1_000 });
  await bed.roll(MINUTE, 3);
  const first = await bed.until('it is told', () => unreachable()[0]);
  bed.clock.pass(MINUTE + 1);
  await tick(work);
  const second = await bed.until('it is told again', () => unreachable()[1]);
  expect(second).toMatchObject({ labels: first.labels, startsAt: first.startsAt });
  expect(Date.parse(second.endsAt)).toBeGreaterThan(Date.parse(first.endsAt));
  bed.sim.faults.clear();
  await bed.roll(MINUTE, 1);
  const isEnd = ({ labels, endsAt }: { labels: unknown; endsAt: string }) =>
    Date.parse(endsAt) <= work.clock.now() && JSON.stringify(labels) === JSON.stringify(first.labels);
  await bed.until('it is over', () => unreachable().find(isEnd));
});

test('a freeze that a person has lifted is told to be over', async () => {
  const { bed, night } = await bedWith((url) => ({
    night: { type: 'webhook', url: url('night'), routes: [{ severity: 'critical' }] },
  }));
  await bed.round();
  await bed.daemon.store.freezeClass('paid', null, 'excess', 'a test', bed.clock.now());
  await tick(bed.daemon.work);
  const alarm = await bed.until('the freeze is told', () => night.told('operation.escalated')[0]);
  expect(alarm.instance).toBeNull();
  await tick(bed.daemon.work);
  await bed.daemon.store.ledger.reconcile('li', bed.clock.now());
  await tick(bed.daemon.work);
  expect(await bed.until('its end is told', () => night.told('operation.unfrozen')[0])).toMatchObject({
    text: 'paid work is not frozen any more',
  });
  await tick(bed.daemon.work);
  expect(night.told()).toHaveLength(2);
});

test('an owner hears of the own machines', async () => {
  const { bed, night, other } = await bedWith(
    (url) => ({
      night: { type: 'webhook', url: url('night'), routes: [{ labels: { owner: 'wang' } }] },
      other: { type: 'webhook', url: url('other'), routes: [{ accounts: 'hxy', events: ['operation.confirmed'] }] },
    }),
    true,
  );
  await bed.round();
  await bed.rollUntil('both are stopped', MINUTE, () => other.told('operation.confirmed').length === 2);
  const mine = await bed.until('the owner is told', () => night.told('operation.confirmed')[0]);
  expect(mine.instance?.name).toBe('dev-a');
  expect(night.told().every(({ instance }) => instance?.name === 'dev-a')).toBe(true);
});

test('what an older version had queued by itself is delivered after the upgrade', async () => {
  const { bed } = await bedWith(() => ({}));
  const { work, queues } = bed.daemon;
  await queues.enqueue(
    'notify',
    {
      notifier: 'hook',
      notification: {
        id: 'of-the-older-version',
        version: 1,
        event: 'policy.notice',
        severity: 'warning',
        at: new Date(work.clock.now()).toISOString(),
        account: 'hxy',
        provider: 'huixingyun',
        instance: null,
        policy: 'watch',
        action: 'notify',
        occurrence: null,
        reason: 'due',
        text: 'queued before the upgrade',
        details: {},
      },
    },
    { jobId: 'hook.of-the-older-version' },
  );
  const told = await bed.until('it is told', () => bed.receiver.told('policy.notice')[0]);
  expect(told).toMatchObject({ id: 'of-the-older-version', text: 'queued before the upgrade' });
});

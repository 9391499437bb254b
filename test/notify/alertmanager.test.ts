import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EVENTS } from '../../src/fleet/event.ts';
import { Alertmanager, type AlertmanagerOptions, alertName, alertsOf } from '../../src/notify/alertmanager.ts';
import type { Delivery } from '../../src/notify/channel.ts';
import type { Message } from '../../src/notify/message.ts';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { startAlertmanager, type TestAlertmanager } from '../support/alertmanager.ts';
import { Happenings } from '../support/until.ts';
import { NOTIFICATION } from './kit.ts';
import { HOSTILE, hostileMessage, MESSAGE } from './messages.ts';

const forever = (): AbortSignal => new AbortController().signal;

function alertmanager(origin: string, options: Partial<AlertmanagerOptions> = {}): Alertmanager {
  return new Alertmanager({
    name: 'am',
    url: () => `${origin}/`,
    auth: null,
    labels: { team: 'gpu' },
    repeatEveryMs: null,
    now: () => Date.now(),
    timeoutMs: 5_000,
    ...options,
  });
}

const about = (notification: Partial<typeof NOTIFICATION>, message: Partial<Message> = {}): Message => ({
  ...MESSAGE,
  ...message,
  notifications: [{ ...NOTIFICATION, at: new Date().toISOString(), ...notification }],
});

const LOW = about({ event: 'balance.low', severity: 'critical', instance: null, action: 'notify' });
const WELL = about(
  { event: 'balance.recovered', severity: 'info', instance: null, action: 'notify' },
  { mood: 'recovered' },
);

describe('a real Alertmanager', () => {
  const TOLD = z.object({
    status: z.string(),
    alerts: z.array(
      z.object({
        status: z.string(),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        startsAt: z.string(),
        endsAt: z.string(),
        generatorURL: z.string(),
        fingerprint: z.string(),
      }),
    ),
  });
  const ALERTS = z.array(z.object({ labels: z.record(z.string(), z.string()), fingerprint: z.string() }));

  const told: z.infer<typeof TOLD>['alerts'] = [];
  const happenings = new Happenings(() => JSON.stringify(told));
  let hook: HttpServer;
  let real: TestAlertmanager;
  beforeAll(async () => {
    hook = await new HttpServer(({ body }, response) => {
      told.push(...TOLD.parse(JSON.parse(body)).alerts);
      json(response, {});
      happenings.tell();
    }).start();
    real = await startAlertmanager(`${hook.origin}/hook`);
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    await hook[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    told.length = 0;
  });

  const tellsOf = (name: string, status: string) =>
    told.filter((each) => each.labels.alertname === name && each.status === status);

  test('is told of what begins, goes on and ends, as one alert', async () => {
    const channel = alertmanager(real.origin);
    expect(await channel.send(LOW, forever())).toEqual({ kind: 'delivered', answer: '200, 1 alert' });
    await happenings.until('the alert', () => tellsOf('LamplighterBalanceLow', 'firing').length > 0);
    const [alert] = tellsOf('LamplighterBalanceLow', 'firing');
    expect(alert).toMatchObject({
      labels: {
        alertname: 'LamplighterBalanceLow',
        severity: 'critical',
        account: 'hxy-main',
        policy: 'lights-out',
        action: 'notify',
        team: 'gpu',
      },
      annotations: { summary: LOW.title, description: expect.stringContaining('Instance: dev-01') },
      generatorURL: LOW.links[0]?.url,
    });
    // Said again later, in other words: no other alert, and nobody is told anew.
    await channel.send({ ...LOW, id: 'again', title: 'still low: 3.20 yuan' }, forever());
    const response = await fetch(`${real.origin}/api/v2/alerts`);
    expect(ALERTS.parse(await response.json()).map(({ fingerprint }) => fingerprint)).toEqual([alert?.fingerprint]);

    expect(await channel.send(WELL, forever())).toMatchObject({ kind: 'delivered' });
    await happenings.until('its end', () => tellsOf('LamplighterBalanceLow', 'resolved').length > 0);
    expect(tellsOf('LamplighterBalanceLow', 'resolved')[0]?.fingerprint).toBe(alert?.fingerprint);
    expect(tellsOf('LamplighterBalanceLow', 'firing')).toHaveLength(1);
    expect(told).toHaveLength(2);
  });

  test('the end of what never began is no news', async () => {
    const channel = alertmanager(real.origin);
    const other = { account: 'chenyu' };
    await channel.send(
      about({ ...other, event: 'balance.recovered', severity: 'info' }, { mood: 'recovered' }),
      forever(),
    );
    await channel.send(about({ ...other, event: 'instance.stuck', severity: 'warning' }), forever());
    await happenings.until('what came after it', () => tellsOf('LamplighterInstanceStuck', 'firing').length > 0);
    expect(told.map(({ labels }) => labels.alertname)).toEqual(['LamplighterInstanceStuck']);
  });

  test.each(HOSTILE)('takes %j as text', async (text) => {
    const instance = { id: text, name: text, status: 'running' as const };
    const message = { ...hostileMessage(text), notifications: [{ ...NOTIFICATION, instance, policy: text }] };
    expect(await alertmanager(real.origin).send(message, forever())).toMatchObject({ kind: 'delivered' });
  });

  test('refuses labels that are none, with a hint', async () => {
    const outcome = await alertmanager(real.origin, { labels: { 'bad-label': 'x' } }).send(LOW, forever());
    expect(outcome).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('bad-label'),
      hint: expect.stringContaining('labels'),
    });
  });

  test('is not at another path', async () => {
    const outcome = await alertmanager(`${real.origin}/nowhere`).send(LOW, forever());
    expect(outcome).toMatchObject({ kind: 'retry', hint: expect.stringContaining('api/v2/alerts') });
  });
});

describe('which alert it is', () => {
  const NOW = Date.parse('2026-11-22T06:00:00Z');
  const alerts = (message: Message) => alertsOf(message, { labels: { team: 'gpu' }, now: NOW, holdMs: 300_000 });

  test('nothing that changes stands in its labels', () => {
    const first = alerts(about({ id: 'a', occurrence: 'x', reason: 'due', text: 'one', details: { minutes: 1 } }));
    const renamed = { id: 'gpu-105b6', name: 'other', status: 'running' as const };
    const later = { id: 'b', occurrence: 'y', reason: 'seen', text: 'two', instance: renamed };
    const second = alerts(about(later, { title: 'other words', language: 'zh-CN', links: [] }));
    expect(second[0]?.labels).toEqual(first[0]?.labels);
    expect(first[0]?.labels).toEqual({
      team: 'gpu',
      alertname: 'LamplighterOperationConfirmed',
      severity: 'info',
      account: 'hxy-main',
      instance: 'hxy-main/gpu-105b6',
      policy: 'lights-out',
      action: 'cardless-stop',
    });
  });

  test.each(EVENTS)('%s has a name as Prometheus writes them', (event) => {
    expect(alertName(event)).toMatch(/^Lamplighter(?:[A-Z][a-z]+)+$/);
  });

  test('it begins when it happened, never in the future, and ends unless it is said again', () => {
    const [alert] = alerts(about({ at: '2026-11-22T13:30:00+08:00' }));
    expect(alert).toMatchObject({ startsAt: '2026-11-22T05:30:00.000Z', endsAt: '2026-11-22T06:05:00.000Z' });
    expect(alerts(about({ at: '2027-01-01T00:00:00Z' }))[0]?.startsAt).toBe('2026-11-22T06:00:00.000Z');
    expect(alerts(about({ at: 'soon' }))[0]?.startsAt).toBe('2026-11-22T06:00:00.000Z');
  });

  test('an end is that of all alerts that it may be the end of', () => {
    const ended = alerts(about({ event: 'operation.confirmed' }, { mood: 'recovered' }));
    const names = ['Rejected', 'Escalated', 'Superseded'].map((word) => `LamplighterOperation${word}`);
    expect(ended.map(({ labels }) => labels.alertname)).toEqual(expect.arrayContaining(names));
    expect(ended.every(({ labels }) => labels.alertname?.startsWith('LamplighterOperation') === true)).toBe(true);
    expect(ended.some(({ labels }) => labels.alertname === 'LamplighterOperationConfirmed')).toBe(false);
    expect(new Set(ended.map(({ labels }) => labels.severity))).toEqual(new Set(['info', 'warning', 'critical']));
    expect(ended.every(({ endsAt }) => endsAt === '2026-11-22T06:00:00.000Z')).toBe(true);
    const off = alerts(about({ event: 'policy.notice' }, { mood: 'recovered' }));
    expect(new Set(off.map(({ labels }) => labels.alertname))).toEqual(new Set(['LamplighterDecisionAnnounced']));
  });

  test('an account that cannot be read and one with unclear payments are two alerts, and end apart', () => {
    const labels = (event: (typeof EVENTS)[number], reason: string | null, mood: Message['mood'] = 'firing') =>
      alerts(about({ event, reason, severity: 'critical', instance: null }, { mood })).map((alert) => alert.labels);
    const [read] = labels('account.unreachable', 'refused');
    const [unclear] = labels('account.unreachable', 'breaker');
    expect(read).toEqual(labels('account.unreachable', 'uncertain')[0]);
    expect(read).not.toEqual(unclear);
    expect(labels('account.recovered', null, 'recovered')).toContainEqual(read);
    expect(labels('account.recovered', null, 'recovered')).not.toContainEqual(unclear);
    expect(labels('account.recovered', 'breaker', 'recovered')).toContainEqual(unclear);
    const [shrunken] = labels('snapshot.quarantined', 'shrunken-snapshot');
    expect(labels('snapshot.recovered', 'shrunken-snapshot', 'recovered')).toContainEqual(shrunken);
    expect(labels('snapshot.recovered', 'frozen', 'recovered')).not.toContainEqual(shrunken);
  });

  test('of many each is an alert', () => {
    const many = { ...MESSAGE, notifications: [NOTIFICATION, { ...NOTIFICATION, account: 'chenyu', text: 'other' }] };
    expect(alerts(many).map(({ annotations }) => annotations.summary)).toEqual([NOTIFICATION.text, 'other']);
  });
});

describe('one that answers otherwise', () => {
  const CANARY = 'canary-8841 "x"';
  let receiver: HttpServer;
  beforeAll(async () => {
    receiver = await new HttpServer().start();
  });
  afterAll(() => receiver[Symbol.asyncDispose]());
  const send = (options: Partial<AlertmanagerOptions> = {}): Promise<Delivery> =>
    alertmanager(receiver.origin, options).send(LOW, forever());

  test('what is open is sent again every minute, or as often as the configuration says, and held so long', async () => {
    const answered = new Map<number, number>();
    for (const repeatEveryMs of [null, 600_000]) {
      receiver.requests.length = 0;
      const channel = alertmanager(receiver.origin, { repeatEveryMs, now: () => 0 });
      await channel.send(LOW, forever());
      const [{ endsAt }] = z
        .tuple([z.object({ endsAt: z.string() })])
        .parse(JSON.parse(receiver.requests[0]?.body ?? ''));
      answered.set(channel.repeatEveryMs, Date.parse(endsAt));
    }
    expect([...answered]).toEqual([
      [60_000, 300_000],
      [600_000, 1_800_000],
    ]);
  });

  test('logs in where it is told how, and keeps it to itself', async () => {
    const outcomes: Delivery[] = [];
    receiver.requests.length = 0;
    receiver.handler = ({ headers }, response) => json(response, `no: ${headers.authorization} ${CANARY}`, 401);
    outcomes.push(await send({ auth: { kind: 'bearer', token: () => CANARY } }));
    outcomes.push(await send({ auth: { kind: 'basic', user: 'lamp', password: () => CANARY } }));
    const both = Buffer.from(`lamp:${CANARY}`).toString('base64');
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${CANARY}`,
      `Basic ${both}`,
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'retry', hint: expect.stringContaining('passwordFile') });
      expect(JSON.stringify(outcome)).not.toContain('canary');
      expect(JSON.stringify(outcome)).not.toContain(both);
    }
  });

  test.each([500, 502, 503, 429, 408])('%i is tried again', async (status) => {
    receiver.handler = (_request, response) => json(response, {}, status);
    expect(await send()).toMatchObject({ kind: 'retry' });
  });

  test('a redirect is not followed', async () => {
    receiver.handler = (_request, response) => response.writeHead(308, { location: '/elsewhere' }).end();
    receiver.requests.length = 0;
    expect(await send()).toMatchObject({ kind: 'retry', hint: expect.stringContaining('login page') });
    expect(receiver.requests).toHaveLength(1);
  });
});

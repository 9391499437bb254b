import { describe, expect, test } from 'vitest';
import { EVENTS, type Notification, SEVERITIES, type Severity } from '../../src/fleet/event.ts';
import type { Labels } from '../../src/fleet/label.ts';
import { accepts, type Route } from '../../src/notify/route.ts';
import { NOTIFICATION } from './kit.ts';

const ALL: Route = { events: null, severity: 'info', accounts: null, labels: null };
const heard = (route: Partial<Route>, notification: Partial<Notification> = {}, labels: Labels | null = null) =>
  accepts({ ...ALL, ...route }, { ...NOTIFICATION, ...notification }, labels);

describe('who is told what', () => {
  test('a route that says nothing takes everything', () => {
    expect(EVENTS.every((event) => heard({}, { event }))).toBe(true);
  });

  test('by event', () => {
    const events = ['balance.low', 'expiry.soon'] as const;
    expect(EVENTS.filter((event) => heard({ events }, { event }))).toEqual(events);
    expect(EVENTS.some((event) => heard({ events: [] }, { event }))).toBe(false);
  });

  test.each<[Severity, readonly Severity[]]>([
    ['info', ['info', 'warning', 'critical']],
    ['warning', ['warning', 'critical']],
    ['critical', ['critical']],
  ])('from %s on', (severity, expected) => {
    expect(SEVERITIES.filter((each) => heard({ severity }, { severity: each }))).toEqual(expected);
  });

  test.each<[readonly string[], string | null, boolean]>([
    [['hxy-main'], 'hxy-main', true],
    [['hxy-main', 'chenyu'], 'chenyu', true],
    [['hxy-main'], 'chenyu', false],
    [['hxy-main'], null, false],
  ])('accounts %j, about %s: %s', (accounts, account, expected) => {
    expect(heard({ accounts }, { account })).toBe(expected);
  });

  test.each<[Readonly<Record<string, readonly string[]>>, Labels | null, boolean]>([
    [{ owner: ['wang'] }, { owner: 'wang', env: 'dev' }, true],
    [{ owner: ['li', 'wang'] }, { owner: 'wang' }, true],
    [{ owner: ['wang'], env: ['prod'] }, { owner: 'wang', env: 'dev' }, false],
    [{ owner: ['wang'] }, { owner: 'Wang' }, false],
    [{ owner: ['wang'] }, {}, false],
    [{ owner: ['wang'] }, null, false],
    [{ constructor: ['x'] }, {}, false],
  ])('labels %j of a machine with %j: %s', (labels, has, expected) => {
    expect(heard({ labels }, {}, has)).toBe(expected);
  });

  test('all of it must fit', () => {
    const route: Partial<Route> = { events: ['expiry.soon'], severity: 'critical', accounts: ['hxy-main'] };
    const fits: Partial<Notification> = { event: 'expiry.soon', severity: 'critical', account: 'hxy-main' };
    expect(heard(route, fits)).toBe(true);
    expect(heard(route, { ...fits, severity: 'warning' })).toBe(false);
    expect(heard(route, { ...fits, event: 'balance.low' })).toBe(false);
    expect(heard(route, { ...fits, account: 'chenyu' })).toBe(false);
  });
});

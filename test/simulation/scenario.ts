import type { Zone } from '../../src/calendar/zone.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import type { Account } from '../../src/fleet/account.ts';
import type { Billing, Status } from '../../src/fleet/status.ts';
import { compile } from '../../src/policy/compile.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { Machine } from './cloud.ts';
import type { Dice } from './dice.ts';
import { forecast, type Weather } from './weather.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Shortly before midnight in Shanghai, so that a run crosses the end of a day of spending. */
const START = Date.parse('2026-06-01T22:40:00+08:00');

const POLICIES = `
policies:
  - { name: keep-paid, match: { name: "paid-*" }, when: { expiresWithin: 6h }, do: { renew: { periods: 1 } } }
  - { name: grow, match: { name: "grow-*" }, when: { runningFor: 5m }, do: { lengthen: { to: daily } } }
  - { name: stop-idle, match: { name: "dev-*" }, when: { idleFor: 8m }, minimumUptime: 5m, do: stop }
  - name: lights-out
    match: { name: "night-*", status: running }
    when: { during: "Mon-Sun 22:50-23:05" }
    do: stop
    afterwards: start
  - { name: fresh, match: { name: "web-*" }, when: { cron: "*/15 * * * *" }, do: restart }
  - name: sweep
    match: { name: "old-*", status: stopped }
    when: { stoppedFor: 8m }
    notice: 4m
    requireNotice: false
    do: destroy
`;

/** What a run is about: who is there, what they own, and how bad a day it is. */
export interface Scenario {
  readonly startAt: number;
  /** Faults happen until then. */
  readonly roughUntil: number;
  /** By then everything must have ended. */
  readonly endAt: number;
  readonly account: Account;
  readonly policies: readonly Policy[];
  readonly machines: readonly Machine[];
  readonly zone: Zone;
  readonly processes: number;
  readonly weather: Weather;
}

const ZONE = zoneNamed('Asia/Shanghai');
let compiled: readonly Policy[] | null = null;

function policies(): readonly Policy[] {
  if (compiled !== null) return compiled;
  const result = compile([{ file: 'simulation.yaml', text: POLICIES }], {
    accounts: null,
    notifiers: null,
    timezone: ZONE.name,
    mode: 'enforce',
    now: START,
  });
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  compiled = result.set.policies;
  return compiled;
}

interface Kind {
  readonly name: string;
  readonly billing: Billing;
  readonly status: Status;
}

const KINDS: readonly Kind[] = [
  { name: 'paid', billing: 'daily', status: 'running' },
  { name: 'paid', billing: 'monthly', status: 'stopped' },
  { name: 'grow', billing: 'hourly', status: 'running' },
  { name: 'dev', billing: 'hourly', status: 'running' },
  { name: 'night', billing: 'hourly', status: 'running' },
  { name: 'web', billing: 'hourly', status: 'running' },
  { name: 'old', billing: 'hourly', status: 'stopped' },
];

function machine(dice: Dice, number: number, kind: Kind): Machine {
  const isUp = kind.status === 'running';
  return {
    id: `${kind.name}-${number}`,
    name: `${kind.name}-${number}`,
    createdAt: START - dice.between(1, 400) * HOUR,
    status: kind.status,
    billing: kind.billing,
    // Some are due at once, some only later in the run.
    expiresAt: kind.billing === 'hourly' ? null : START + 6 * HOUR + dice.between(-40, 25) * MINUTE,
    startedAt: isUp ? START - dice.between(1, 600) * MINUTE : null,
    orderId: null,
    busy: isUp && dice.chance(0.3),
    lastBusyAt: START - dice.between(1, 30) * MINUTE,
    timerAt: null,
  };
}

export function scenarioOf(dice: Dice): Scenario {
  const timed = dice.chance(0.1);
  const roughMs = (dice.chance(0.2) ? dice.between(35, 60) : dice.between(12, 30)) * MINUTE;
  const count = dice.between(1, 4);
  const perDay = dice.chance(0.3);
  return {
    startAt: START,
    roughUntil: START + roughMs,
    endAt: START + roughMs + 4 * HOUR,
    account: {
      name: 'hxy',
      provider: timed ? 'chenyu-v1' : 'huixingyun',
      baseUrl: 'https://cloud.example',
      pollEveryMs: 4 * MINUTE,
      requestsPerSecond: 5,
      actions: ['stop', 'cardless-stop', 'start', 'restart', 'renew', 'lengthen', 'destroy', 'create'],
      statusWords: new Map(),
      billingWords: new Map(),
      prices: new Map([['rtx', { hourlyFen: 200, dailyFen: 4_000, monthlyFen: 90_000 }]]),
      spendLimit: {
        callsPerDay: perDay ? null : dice.between(1, 6),
        perDayFen: perDay || dice.chance(0.2) ? dice.pick([4_000, 12_000, 200_000]) : null,
      },
    },
    policies: policies(),
    machines: Array.from({ length: count }, (_, number) => machine(dice, number, dice.pick(KINDS))),
    zone: ZONE,
    processes: dice.between(1, 3),
    weather: forecast(dice),
  };
}

import type { Recorded, RecordedPass } from '../../../src/app/recording/read-recording.ts';
import type { Activity } from '../../../src/fleet/activity.ts';
import type { Tracked } from '../../../src/fleet/snapshot.ts';
import { historyOf } from '../../../src/store/history.ts';
import { HOUR, instance, MINUTE, NOON } from '../../decide/kit.ts';

export const PRICE = { hourlyFen: 200, dailyFen: 4000, monthlyFen: null };
const STEP = 10 * MINUTE;

/** What is recorded of the one machine at a time. */
export interface Then {
  readonly tracked?: Partial<Omit<Tracked, 'instance'>>;
  readonly instance?: Parameters<typeof instance>[0];
  readonly activity?: Activity;
  readonly decided?: RecordedPass['decided'];
  /** On the account. */
  readonly fen?: number;
}

export const idleSince = (since: number, at: number): Activity => ({
  kind: 'idle',
  at,
  since,
  readings: [],
  watched: { from: since, to: at, holes: [] },
});
export const active = (at: number): Activity => ({ kind: 'active', at, readings: [] });

/** Hours of passes from noon on over an account with one machine, which is up and idle unless said otherwise. */
export async function* recording(hours: number, then: (at: number) => Then): AsyncGenerator<Recorded> {
  const none = new Map<string, string>();
  const balances: { at: number; fen: number }[] = [];
  for (let at = NOON; at <= NOON + hours * HOUR; at += STEP) {
    const seen = then(at);
    if (seen.fen !== undefined) balances.push({ at, fen: seen.fen });
    const row = instance({
      gpuType: 'x',
      gpuCount: 1,
      startedAt: NOON - HOUR,
      createdAt: NOON - HOUR,
      ...seen.instance,
    });
    const tracked: Tracked = {
      firstSeenAt: NOON - HOUR,
      statusSince: NOON - HOUR,
      upSince: NOON - HOUR,
      personStartAt: null,
      stopMode: null,
      stoppedBy: null,
      ...seen.tracked,
      instance: row,
    };
    const rows = {
      acted: none,
      recent: null,
      open: [],
      openPaid: [],
      renewed: none,
      notices: [],
      obligations: [],
      policySince: none,
      lowBalance: none,
      policyEdits: none,
      heldUntil: none,
      leashes: none,
      watchBeganAt: null,
    };
    yield {
      kind: 'pass',
      at,
      account: row.account,
      rules: { id: 'then', at: NOON, files: [], timezone: 'Asia/Shanghai', mode: 'enforce' },
      facts: {
        now: at,
        paused: false,
        account: {
          name: row.account,
          provider: row.provider,
          actions: ['stop', 'start', 'renew'],
          pollEveryMs: MINUTE,
          prices: new Map([['x', PRICE]]),
          spendLimit: {
            perDayFen: null,
            callsPerDay: 10,
          },
        },
        listing: {
          account: row.account,
          provider: row.provider,
          takenAt: at,
          finishedAt: at,
          generation: 1,
          complete: true,
          incomplete: null,
          shrunken: false,
          balance: seen.fen === undefined ? null : { cashFen: seen.fen, cardsFen: 0, at },
        },
        instances: [
          {
            tracked,
            labels: {},
            activity: seen.activity ?? idleSince(NOON - HOUR, at),
          },
        ],
        holds: [],
        history: historyOf(rows, row.account, at),
        balances: [...balances],
        spent: {
          calls: 0,
          fen: 0,
        },
        interruptedAt: [],
        breakerOpen: false,
        paidWork: 'open',
        paidWorkOff: null,
        reversibleOff: null,
        foreign: null,
      },
      decided: seen.decided ?? {},
      words: '',
    };
  }
}

/** The same where these policies were in force. */
export async function* ruledBy(text: string, passes: AsyncIterable<Recorded>): AsyncGenerator<RecordedPass> {
  for await (const each of passes)
    if (each.kind === 'pass') yield { ...each, rules: { ...each.rules, files: [{ file: 'a.yaml', text }] } };
}

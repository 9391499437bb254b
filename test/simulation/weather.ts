import type { Dice } from './dice.ts';

/** How bad a day it is: chances per event unless said otherwise. Everything is off in the calm at the end. */
export interface Weather {
  /** Of the store. */
  readonly answerLost: number;
  readonly commandRefused: number;
  readonly storeSlow: number;
  readonly resent: number;
  /** Per step, for one process. */
  readonly kill: number;
  readonly pause: number;
  readonly rollback: number;
  /** Of a job. */
  readonly jobLost: number;
  readonly jobTwice: number;
  readonly jobLate: number;
  /** Of a request that reads. */
  readonly readFails: number;
  readonly listIncomplete: number;
  readonly listEmpty: number;
  readonly mostLagMs: number;
  /** Of a request that changes something: chances of each fate, the rest is a plain yes. */
  readonly unreachable: number;
  readonly unsent: number;
  readonly answerCut: number;
  readonly neverDone: number;
  readonly doneLate: number;
  readonly yesLate: number;
  readonly yesNever: number;
  readonly refused: number;
  readonly throttled: number;
  readonly unauthorised: number;
  readonly twice: number;
  /** How late `doneLate` and `yesLate` may be. */
  readonly mostLateMs: number;
  /** A clock that is stepped, per run. */
  readonly clockSteps: number;
  /** Deeds of people per run, at most. */
  readonly deeds: number;
  /** Outages of the store per run, at most. */
  readonly outages: number;
}

export const CALM: Weather = {
  answerLost: 0,
  commandRefused: 0,
  storeSlow: 0,
  resent: 0,
  kill: 0,
  pause: 0,
  rollback: 0,
  jobLost: 0,
  jobTwice: 0,
  jobLate: 0,
  readFails: 0,
  listIncomplete: 0,
  listEmpty: 0,
  mostLagMs: 0,
  unreachable: 0,
  unsent: 0,
  answerCut: 0,
  neverDone: 0,
  doneLate: 0,
  yesLate: 0,
  yesNever: 0,
  refused: 0,
  throttled: 0,
  unauthorised: 0,
  twice: 0,
  mostLateMs: 0,
  clockSteps: 0,
  deeds: 0,
  outages: 0,
};

/** Each kind of fault is there or not for a whole run, and then as hard as chance has it: swarms find more than averages. */
export function forecast(dice: Dice): Weather {
  const sometimes = (share: number, most: number): number => (dice.chance(share) ? dice.next() * most : 0);
  return {
    answerLost: sometimes(0.4, 0.08),
    commandRefused: sometimes(0.3, 0.05),
    storeSlow: sometimes(0.4, 0.08),
    resent: sometimes(0.3, 0.1),
    kill: sometimes(0.6, 0.012),
    pause: sometimes(0.6, 0.012),
    rollback: sometimes(0.25, 0.006),
    jobLost: sometimes(0.4, 0.3),
    jobTwice: sometimes(0.5, 0.4),
    jobLate: sometimes(0.4, 0.3),
    readFails: sometimes(0.4, 0.3),
    listIncomplete: sometimes(0.3, 0.3),
    listEmpty: sometimes(0.2, 0.2),
    mostLagMs: dice.chance(0.4) ? dice.pick([5_000, 30_000, 90_000]) : 0,
    unreachable: sometimes(0.4, 0.4),
    unsent: sometimes(0.3, 0.2),
    answerCut: sometimes(0.6, 0.7),
    neverDone: sometimes(0.4, 0.4),
    doneLate: sometimes(0.5, 0.6),
    yesLate: sometimes(0.4, 0.5),
    yesNever: sometimes(0.3, 0.3),
    refused: sometimes(0.3, 0.3),
    throttled: sometimes(0.3, 0.3),
    unauthorised: sometimes(0.15, 0.2),
    twice: sometimes(0.15, 0.3),
    mostLateMs: dice.pick([10_000, 60_000, 5 * 60_000, 20 * 60_000]),
    clockSteps: dice.chance(0.2) ? dice.between(1, 3) : 0,
    deeds: dice.chance(0.6) ? dice.between(1, 6) : 0,
    outages: dice.chance(0.3) ? dice.between(1, 2) : 0,
  };
}

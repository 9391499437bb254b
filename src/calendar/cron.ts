import { Cron } from 'croner';
import { didYouMean, quote } from './window-words.ts';
import type { Zone } from './zone.ts';

/** Those of croner's nicknames that name a time; `@reboot` does not. */
const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** No sensible pattern comes near; a longer one is a mistake. */
const MAX_TEXT = 256;

/** Any instant will do to see whether a pattern runs at all: croner looks ahead until its calendar ends. */
const SOME_INSTANT = new Date(0);

const HOW = 'write five fields (minute hour day month weekday) such as "0 8 * * Mon-Fri", or one of';

export type ParsedCron =
  | { readonly ok: true; readonly cron: CronTicks }
  | { readonly ok: false; readonly message: string };

/**
 * Reads a cron pattern of five fields or a nickname such as `@daily`; croner's `L`, `W` and `#` work. Seconds, years,
 * dates, `@reboot`, and a pattern that never runs (`0 0 31 2 *`) are refused.
 *
 * On daylight-saving days a pattern without `*` and steps in minute and hour runs once: at the jump where its time is
 * left out, at the first of two where it comes twice. One with `*` or steps runs whenever the clock shows it.
 */
export function parseCron(text: string, zone: Zone): ParsedCron {
  const refuse = (why: string): ParsedCron => ({
    ok: false,
    message: `${quote(text)} is not a cron pattern: ${why}; ${HOW} ${NICKNAMES.join(' ')}`,
  });
  if (text.length > MAX_TEXT) return refuse(`it is longer than ${MAX_TEXT} characters`);
  const pattern = text.trim();
  if (pattern.startsWith('@')) {
    if (!NICKNAMES.includes(pattern.toLowerCase())) {
      return refuse(didYouMean(pattern, NICKNAMES) ?? 'this nickname is not known');
    }
  } else {
    // croner would also take a date and time, and patterns with seconds.
    const fields = pattern === '' ? 0 : pattern.split(/\s+/).length;
    if (fields !== 5)
      return refuse(fields === 6 ? 'it has six fields, and seconds are not supported' : `${fields} of five fields`);
  }
  try {
    const cron = new Cron(pattern, {
      timezone: zone.name,
      mode: '5-part',
      paused: true,
      // By default a list such as `15,45 1 * * *` would run twice on the night that has 01:15 twice.
      fixedTimeRule: 'no-wildcard',
    });
    if (cron.nextRun(SOME_INSTANT) === null) {
      return { ok: false, message: `${quote(text)} never runs: no such day exists in any year` };
    }
    return { ok: true, cron: new CronTicks(pattern, zone, cron) };
  } catch (error) {
    return refuse(error instanceof Error ? error.message.replace(/^CronPattern: |\.$/g, '') : String(error));
  }
}

/** When a cron pattern ticks. Made by `parseCron`; answers depend on the instant alone. */
export class CronTicks {
  readonly pattern: string;
  readonly zone: Zone;
  readonly #cron: Cron;
  /** Two neighbouring ticks; asking about an instant between them costs two comparisons. */
  #previousAt = Number.NaN;
  #nextAt = Number.NaN;

  constructor(pattern: string, zone: Zone, cron: Cron) {
    this.pattern = pattern;
    this.zone = zone;
    this.#cron = cron;
  }

  /** The latest tick at or before `at`; `null` when there was none. */
  previousTick(at: number): number | null {
    if (!(at >= this.#previousAt && at < this.#nextAt)) this.#move(at);
    return Number.isFinite(this.#previousAt) ? this.#previousAt : null;
  }

  /** The first tick after `at`; `null` when there is none. */
  nextTick(at: number): number | null {
    if (!(at >= this.#previousAt && at < this.#nextAt)) this.#move(at);
    return Number.isFinite(this.#nextAt) ? this.#nextAt : null;
  }

  #move(at: number): void {
    if (!Number.isFinite(at)) throw new RangeError(`a time must be a finite number of epoch milliseconds, not ${at}`);
    this.#nextAt = this.#cron.nextRun(new Date(at))?.getTime() ?? Number.POSITIVE_INFINITY;
    // croner looks strictly before, and in whole seconds.
    this.#previousAt = this.#cron.previousRuns(1, new Date(at + 1))[0]?.getTime() ?? Number.NEGATIVE_INFINITY;
  }
}

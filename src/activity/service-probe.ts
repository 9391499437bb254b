import type { ActivitySignal, Judged, ProbeReading, SignalReading } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { ServiceKind } from '../fleet/service-kind.ts';
import type { AddressGuard } from './address-guard.ts';
import { type Got, httpGet } from './http-get.ts';
import type { Marks } from './marks.ts';
import type { Probe } from './probe.ts';
import { failureOf, isRefused } from './probe-failure.ts';
import { clockDifference } from './remote-clock.ts';
import { type AskAddress, type Listed, machineAddress, serviceAddress } from './service-address.ts';

/** A healthy service answers in milliseconds; a dead host must cost no more than its own time limit. */
const TIMEOUT_MS = 5_000;
/** A workflow of ComfyUI or a page of metrics is some hundred kB; what is larger is no answer. */
const MAX_BYTES = 1024 * 1024;

/** One look at a service, in its own words. */
export interface Look {
  /** `silent`: nothing was going on, and with this service that proves nothing. `reset`: counters went back, so this time nothing can be said. */
  readonly verdict: 'active' | 'idle' | 'silent' | 'reset';
  readonly signal: ActivitySignal;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: string;
  /** Last activity as the service tells it, by its own clock, epoch ms. */
  readonly lastActiveAt?: number | null;
  /** What was seen, for people; nothing that the service sent word for word. */
  readonly detail: Detail;
  readonly marks?: Marks;
}

/** GET of a path of the service. */
export type Ask = (path: string, query?: Readonly<Record<string, string>>) => Promise<Got>;

/** What is known of a kind of service: how to find it and how to look at it. */
export interface ServiceRules {
  readonly kind: ServiceKind;
  readonly judges: Judged;
  readonly listed: Listed;
  /** How a token is sent. `basic`: the token is "user:password". */
  readonly auth: 'bearer' | 'basic' | 'x-api-key';
  /**
   * Only requests that do not advance what they read. `before`: the marks of the last reading, where there was one.
   * @throws Unreadable and the errors of the connection
   */
  look(ask: Ask, before: Marks | undefined): Promise<Look>;
}

export interface ServiceProbeOptions {
  /** With `{id}`, `{name}`, `{account}` and `{ip}` filled in; `null`: what the listing calls so. */
  readonly url: string | null;
  readonly token: () => string | null;
  /** The service need not be there: refused connections and a listing without it then say nothing, instead of being unknown. */
  readonly optional: boolean;
  readonly guard: AddressGuard;
  /** For `{ip}`, where the instance itself does not say. */
  readonly address?: AskAddress;
  readonly clock: Clock;
  /** Real ms for one request in all; 5 s where absent. */
  readonly timeoutMs?: number;
}

/** Asks one kind of service over HTTP what it is doing. */
export class ServiceProbe implements Probe {
  readonly name: ServiceKind;
  readonly kind = 'pull';
  readonly #rules: ServiceRules;
  readonly #options: ServiceProbeOptions;

  constructor(rules: ServiceRules, options: ServiceProbeOptions) {
    this.name = rules.kind;
    this.#rules = rules;
    this.#options = options;
  }

  async read(instance: Instance, signal: AbortSignal, previous?: ProbeReading): Promise<ProbeReading> {
    const at = this.#options.clock.now();
    const before = previous?.marks;
    try {
      const { url } = this.#options;
      const ip = url?.includes('{ip}') ? await machineAddress(instance, this.#options.address, signal) : null;
      const address = serviceAddress(instance, url, this.#rules.listed, ip);
      if (address === null) return this.#missing(at, before);
      let ahead = 0;
      const ask: Ask = async (path, query = {}) => {
        const url = new URL(path, address.url);
        for (const [key, value] of [...address.url.searchParams, ...Object.entries(query)]) {
          url.searchParams.set(key, value);
        }
        const answer = await httpGet(url, {
          headers: this.#headers(),
          timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
          maxBytes: MAX_BYTES,
          guard: address.trusted ? null : this.#options.guard,
          signal,
        });
        ahead = clockDifference(answer.remoteNow, at, this.#options.clock.now());
        return answer;
      };
      const look = await this.#rules.look(ask, before);
      return this.#reading(at, look, ahead, before);
    } catch (error) {
      signal.throwIfAborted();
      const { reason, detail } = failureOf(error);
      if (this.#options.optional && isRefused(error)) return this.#absent(at, detail, before);
      return this.#unknown(at, reason, detail, before);
    }
  }

  #headers(): Record<string, string> {
    const token = this.#options.token();
    if (token === null) return {};
    const { auth } = this.#rules;
    switch (auth) {
      case 'bearer':
        return { authorization: `Bearer ${token}` };
      case 'basic':
        return { authorization: `Basic ${Buffer.from(token).toString('base64')}` };
      case 'x-api-key':
        return { 'x-api-key': token };
      default:
        return assertNever(auth);
    }
  }

  #missing(at: number, before: Marks | undefined): ProbeReading {
    const detail: Detail = { kind: 'service-unlisted', service: this.name };
    return this.#options.optional ? this.#absent(at, detail, before) : this.#unknown(at, 'no-reading', detail, before);
  }

  #reading(at: number, look: Look, ahead: number, before: Marks | undefined): ProbeReading {
    const { verdict, signal, value, threshold, unit, detail, marks } = look;
    const told = look.lastActiveAt ?? null;
    const lastActiveAt = verdict === 'active' ? at : told === null ? null : Math.min(at, told + ahead);
    const silent = verdict === 'silent';
    // Nobody is to take silence for idleness.
    const words: Detail = silent ? { kind: 'activity-only', what: detail } : detail;
    const part: SignalReading = {
      signal,
      verdict: silent ? 'not-applicable' : verdict === 'reset' ? 'unknown' : verdict,
      judges: this.#rules.judges,
      value,
      threshold,
      unit,
      onlyPositive: silent,
      lastActiveAt,
      detail: words,
    };
    return {
      probe: this.name,
      at,
      verdict: part.verdict,
      reason: silent ? 'not-judged' : verdict === 'reset' ? 'counter-reset' : null,
      lastActiveAt,
      judges: this.#rules.judges,
      evidence: words,
      signals: [part],
      ...kept(marks ?? before),
    };
  }

  /** What is not there to be asked: neither idle nor in the way of a verdict. */
  #absent(at: number, what: Detail, before: Marks | undefined): ProbeReading {
    return this.#plain(at, 'not-applicable', null, { kind: 'is-optional', what }, before);
  }

  #unknown(at: number, reason: ProbeReading['reason'], evidence: Detail, before: Marks | undefined): ProbeReading {
    return this.#plain(at, 'unknown', reason, evidence, before);
  }

  /** The marks stay: a counter that moved while nobody could look has moved all the same. */
  #plain(
    at: number,
    verdict: ProbeReading['verdict'],
    reason: ProbeReading['reason'],
    evidence: Detail,
    before: Marks | undefined,
  ): ProbeReading {
    const { judges } = this.#rules;
    return { probe: this.name, at, verdict, reason, lastActiveAt: null, judges, evidence, ...kept(before) };
  }
}

function kept(marks: Marks | undefined): { readonly marks?: Marks } {
  return marks === undefined ? {} : { marks };
}

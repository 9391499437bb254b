import { z } from 'zod';
import type { ProbeReading, UnknownActivityReason } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Instance } from '../fleet/instance.ts';
import { type AddressGuard, AddressRefused } from './address-guard.ts';
import { type Got, httpGet } from './http-get.ts';
import type { Probe } from './probe.ts';
import { Unreadable } from './unreadable.ts';

/** A healthy Jupyter answers in milliseconds; a dead host must cost no more than its own time limit. */
const TIMEOUT_MS = 5_000;

/**
 * Clocks that differ by less than this are taken as equal: the `Date` header has whole seconds, and a correction that
 * wavers with the time on the wire would make one unchanged last activity look like several.
 */
const SAME_CLOCK_MS = 2_000;

const TIME = z.iso.datetime({ offset: true });
const KERNELS = z.array(
  z.object({
    execution_state: z.string(),
    last_activity: TIME,
    connections: z.number().int().nonnegative().default(0),
  }),
);
const TERMINALS = z.array(z.object({ last_activity: TIME }));

export interface JupyterProbeOptions {
  /** Where the server is, with `{id}`, `{name}` and `{account}` filled in; `null`: what the listing calls Jupyter. */
  readonly url: string | null;
  readonly token: () => string | null;
  /** Checks addresses that a listing names; addresses from the configuration are trusted. */
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Real ms for one request in all; 5 s where absent. */
  readonly timeoutMs?: number;
}

/**
 * Reads a Jupyter server's kernels and terminals (Jupyter Server REST API, `/api/kernels`, `/api/terminals`), always
 * with `no_track_activity=1`: without it the reading itself would count as activity and keep the machine awake.
 *
 * A kernel in any state but `idle` is work. All kernels idle, with at least one listed, is proof of idleness since the
 * newest `last_activity`. No kernel at all proves nothing: a script may run in a terminal.
 */
export class JupyterProbe implements Probe {
  readonly name = 'jupyter';
  readonly kind = 'pull';
  readonly #options: JupyterProbeOptions;

  constructor(options: JupyterProbeOptions) {
    this.#options = options;
  }

  async read(instance: Instance, signal: AbortSignal): Promise<ProbeReading> {
    const at = this.#options.clock.now();
    try {
      return await this.#look(instance, at, signal);
    } catch (error) {
      signal.throwIfAborted();
      return this.#reading(at, {
        verdict: 'unknown',
        reason: reasonOf(error),
        lastActiveAt: null,
        evidence: messageOf(error),
      });
    }
  }

  async #look(instance: Instance, at: number, signal: AbortSignal): Promise<ProbeReading> {
    const base = this.#base(instance);
    if (base === null) {
      return this.#reading(at, {
        verdict: 'unknown',
        reason: 'no-reading',
        lastActiveAt: null,
        evidence: 'the listing names no Jupyter service and no url is configured',
      });
    }
    const kernelAnswer = await this.#get(base, 'api/kernels', signal);
    const ahead = clockDifference(kernelAnswer.remoteNow, at, this.#options.clock.now());
    const kernels = decode(KERNELS, kernelAnswer, 'api/kernels');
    const terminalAnswer = await this.#get(base, 'api/terminals', signal);
    // 404: the terminals extension is off, so there are none.
    const terminals = terminalAnswer.status === 404 ? [] : decode(TERMINALS, terminalAnswer, 'api/terminals');

    const busy = kernels.filter((kernel) => kernel.execution_state !== 'idle').length;
    const evidence = `${kernels.length} kernels, ${busy} not idle, ${terminals.length} terminals`;
    const stamps = [...kernels, ...terminals].map(({ last_activity }) => Date.parse(last_activity) + ahead);
    const lastActiveAt = stamps.length === 0 ? null : Math.min(at, Math.max(...stamps));
    if (busy > 0) return this.#reading(at, { verdict: 'active', reason: null, lastActiveAt: at, evidence });
    if (kernels.length === 0) {
      return this.#reading(at, { verdict: 'unknown', reason: 'not-judged', lastActiveAt, evidence });
    }
    return this.#reading(at, { verdict: 'idle', reason: null, lastActiveAt, evidence });
  }

  #base(instance: Instance): { readonly url: URL; readonly trusted: boolean } | null {
    const configured = this.#options.url;
    if (configured !== null) {
      const text = configured
        .replaceAll('{id}', () => segment(instance.id))
        .replaceAll('{name}', () => segment(instance.name))
        .replaceAll('{account}', () => segment(instance.account));
      if (!URL.canParse(text))
        throw new Unreadable('no-reading', 'the configured url with this instance in it is no URL');
      return { url: withSlash(new URL(text)), trusted: true };
    }
    const service = instance.services.find(({ title, url }) => /jupyter/i.test(title) || /(^|[./-])jupyter/i.test(url));
    if (service === undefined || !URL.canParse(service.url)) return null;
    const url = new URL(service.url);
    return url.protocol === 'http:' || url.protocol === 'https:' ? { url: withSlash(url), trusted: false } : null;
  }

  #get(base: { readonly url: URL; readonly trusted: boolean }, path: string, signal: AbortSignal): Promise<Got> {
    const url = new URL(path, base.url);
    for (const [key, value] of base.url.searchParams) url.searchParams.set(key, value);
    url.searchParams.set('no_track_activity', '1');
    const token = this.#options.token();
    return httpGet(url, {
      headers: token === null ? {} : { authorization: `token ${token}` },
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      guard: base.trusted ? null : this.#options.guard,
      signal,
    });
  }

  #reading(at: number, found: Pick<ProbeReading, 'verdict' | 'reason' | 'lastActiveAt' | 'evidence'>): ProbeReading {
    return { probe: this.name, at, judges: 'work', ...found };
  }
}

/**
 * What to add to a time of the other side's clock to have it on ours, ms. `from` and `to` are our clock before and after
 * the request. Where it is uncertain, the later moment counts: an instance then looks idle a little too late, not too soon.
 */
function clockDifference(remoteNow: number | null, from: number, to: number): number {
  if (remoteNow === null) return 0;
  const same = remoteNow >= from - SAME_CLOCK_MS && remoteNow <= to + SAME_CLOCK_MS;
  return same ? 0 : to - remoteNow;
}

/** A value from a listing as one path segment. `.` and `..` would lead elsewhere, and no escape keeps them from it. */
function segment(value: string): string {
  if (value === '.' || value === '..') {
    throw new Unreadable('no-reading', `the configured url cannot hold an instance named "${value}"`);
  }
  return encodeURIComponent(value.toWellFormed());
}

function withSlash(url: URL): URL {
  if (url.pathname.endsWith('/')) return url;
  const slashed = new URL(url);
  slashed.pathname += '/';
  return slashed;
}

function decode<T>(schema: z.ZodType<T>, answer: Got, path: string): T {
  if (answer.status === 401 || answer.status === 403) {
    throw new Unreadable('unauthorised', `${path} answered ${answer.status}: the token is missing or wrong`);
  }
  if (answer.status !== 200) throw new Unreadable('bad-answer', `${path} answered ${answer.status}`);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success) throw new Unreadable('bad-answer', `${path} did not answer as Jupyter Server does`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): UnknownActivityReason {
  if (error instanceof Unreadable) return error.reason;
  if (error instanceof AddressRefused) return 'address-refused';
  return 'unreachable';
}

function messageOf(error: unknown): string {
  if (error instanceof Unreadable || error instanceof AddressRefused) return error.message;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return `not reachable: ${code}`;
}

import { z } from 'zod';
import type { ProbeReading, SignalReading } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { AddressGuard } from './address-guard.ts';
import { type Got, httpGet } from './http-get.ts';
import type { Probe } from './probe.ts';
import { failureOf, isRefused, mustBeOk, parseJson } from './probe-failure.ts';
import { clockDifference } from './remote-clock.ts';
import {
  type AskAddress,
  type Listed,
  machineAddress,
  type ServiceAddress,
  serviceAddress,
} from './service-address.ts';
import { Unreadable } from './unreadable.ts';

/** A healthy Jupyter answers in milliseconds; a dead host must cost no more than its own time limit. */
const TIMEOUT_MS = 5_000;

const LISTED: Listed = { words: /(?:^|[./\s-])jupyter/i, port: 8888 };

const TIME = z.iso.datetime({ offset: true });
const KERNELS = z.array(
  z.object({
    execution_state: z.string(),
    last_activity: TIME,
    connections: z.number().int().nonnegative().default(0),
  }),
);
const TERMINALS = z.array(z.object({ last_activity: TIME }));
const STATUS = z.object({ last_activity: TIME, connections: z.number().int().nonnegative() });

export interface JupyterProbeOptions {
  /** Where the server is, with `{id}`, `{name}`, `{account}` and `{ip}` filled in; `null`: what the listing calls Jupyter. */
  readonly url: string | null;
  readonly token: () => string | null;
  /** The server need not be there: see `ServiceProbeOptions.optional`. */
  readonly optional?: boolean;
  /** Checks addresses that a listing names; addresses from the configuration are trusted. */
  readonly guard: AddressGuard;
  /** For `{ip}`, where the instance itself does not say. */
  readonly address?: AskAddress;
  readonly clock: Clock;
  /** Real ms for one request in all; 5 s where absent. */
  readonly timeoutMs?: number;
}

type Found = Pick<ProbeReading, 'verdict' | 'reason' | 'lastActiveAt' | 'evidence' | 'signals'>;

/**
 * Reads a Jupyter server's kernels and terminals (Jupyter Server REST API, `/api/kernels`, `/api/terminals`), always
 * with `no_track_activity=1`: without it the reading itself would count as activity and keep the machine awake.
 *
 * A kernel in any state but `idle` is work. All kernels idle, with at least one listed, is proof of idleness since the
 * newest `last_activity`. No kernel at all proves nothing: a script may run in a terminal. `/api/status`, which never
 * counts, tells of open pages; their own requests keep its `last_activity` young, so that one is shown and not judged by.
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
      const { reason, detail } = failureOf(error);
      if (this.#options.optional === true && isRefused(error)) return this.#absent(at, detail);
      return this.#reading(at, { verdict: 'unknown', reason, lastActiveAt: null, evidence: detail });
    }
  }

  async #look(instance: Instance, at: number, signal: AbortSignal): Promise<ProbeReading> {
    const { url } = this.#options;
    const ip = url?.includes('{ip}') ? await machineAddress(instance, this.#options.address, signal) : null;
    const base = serviceAddress(instance, url, LISTED, ip);
    if (base === null) {
      const evidence: Detail = { kind: 'service-unlisted', service: 'Jupyter' };
      if (this.#options.optional === true) return this.#absent(at, evidence);
      return this.#reading(at, { verdict: 'unknown', reason: 'no-reading', lastActiveAt: null, evidence });
    }
    const kernelAnswer = await this.#get(base, 'api/kernels', signal);
    const ahead = clockDifference(kernelAnswer.remoteNow, at, this.#options.clock.now());
    const kernels = decode(KERNELS, kernelAnswer, 'api/kernels');
    const terminalAnswer = await this.#get(base, 'api/terminals', signal);
    // 404: the terminals extension is off, so there are none.
    const terminals = terminalAnswer.status === 404 ? [] : decode(TERMINALS, terminalAnswer, 'api/terminals');
    const status = await this.#status(base, signal);

    const newest = (rows: readonly { readonly last_activity: string }[]): number | null =>
      rows.length === 0 ? null : Math.min(at, Math.max(...rows.map((row) => Date.parse(row.last_activity))) + ahead);
    const busy = kernels.filter((kernel) => kernel.execution_state !== 'idle');
    const evidence: Detail = {
      kind: 'kernels',
      kernels: kernels.length,
      busy: busy.length,
      terminals: terminals.length,
    };
    const lastActiveAt = newest([...kernels, ...terminals]);
    const signals: SignalReading[] = [
      {
        signal: 'kernel',
        verdict: busy.length > 0 ? 'active' : kernels.length > 0 ? 'idle' : 'not-applicable',
        judges: 'work',
        value: busy.length,
        threshold: 1,
        unit: 'kernels',
        onlyPositive: kernels.length === 0,
        // A busy kernel that has said nothing for hours may be stuck: its last message is told, and judged elsewhere.
        lastActiveAt: newest(busy.length > 0 ? busy : kernels),
        detail: { kind: 'kernels-busy', kernels: kernels.length, busy: busy.length },
      },
      {
        signal: 'terminal',
        verdict: 'not-applicable',
        judges: 'people',
        value: terminals.length,
        threshold: null,
        unit: 'terminals',
        onlyPositive: true,
        lastActiveAt: newest(terminals),
        detail: { kind: 'terminals-open', count: terminals.length },
      },
    ];
    if (status !== null) {
      signals.push({
        signal: 'tab',
        verdict: 'not-applicable',
        judges: 'people',
        value: status.connections,
        threshold: null,
        unit: 'connections',
        onlyPositive: true,
        lastActiveAt: newest([status]),
        detail: { kind: 'pages-open', count: status.connections },
      });
    }
    if (busy.length > 0) {
      return this.#reading(at, { verdict: 'active', reason: null, lastActiveAt: at, evidence, signals });
    }
    if (kernels.length > 0)
      return this.#reading(at, { verdict: 'idle', reason: null, lastActiveAt, evidence, signals });
    return this.#reading(at, {
      verdict: 'not-applicable',
      reason: 'not-judged',
      lastActiveAt,
      evidence: { kind: 'without-kernel', what: evidence },
      signals,
    });
  }

  /** `null`: it does not tell, which is nothing to judge by. */
  async #status(base: ServiceAddress, signal: AbortSignal): Promise<z.output<typeof STATUS> | null> {
    const answer = await this.#get(base, 'api/status', signal);
    const parsed = STATUS.safeParse(answer.status === 200 ? parseJson(answer.body) : undefined);
    return parsed.success ? parsed.data : null;
  }

  #get(base: ServiceAddress, path: string, signal: AbortSignal): Promise<Got> {
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

  #absent(at: number, what: Detail): ProbeReading {
    const evidence: Detail = { kind: 'is-optional', what };
    return this.#reading(at, { verdict: 'not-applicable', reason: null, lastActiveAt: null, evidence });
  }

  #reading(at: number, found: Found): ProbeReading {
    return { probe: this.name, at, judges: 'work', ...found };
  }
}

function decode<T>(schema: z.ZodType<T>, answer: Got, path: string): T {
  mustBeOk(answer, path);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path, service: 'Jupyter Server' });
  return parsed.data;
}

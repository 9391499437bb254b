import { z } from 'zod';
import type { Judged, ProbeReading, UnknownActivityReason } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { QueryPart } from '../fleet/query-part.ts';
import { fillQuery } from './fill-query.ts';
import { httpGet } from './http-get.ts';
import type { Probe } from './probe.ts';
import { failureOf, mustBeOk, parseJson } from './probe-failure.ts';
import { type AskAddress, machineAddress } from './service-address.ts';
import { Unreadable } from './unreadable.ts';

/** A query over one instance is answered in milliseconds; Prometheus itself gives up after two minutes. */
const TIMEOUT_MS = 10_000;
/** Some thousand series; a query that finds more is not about one machine. */
const MAX_BYTES = 1024 * 1024;

/** `[time, "value"]` of the instant query (Prometheus doc, "HTTP API", Instant queries). */
const SAMPLE = z.tuple([z.number(), z.string()]);
const ANSWER = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: SAMPLE.optional() })) }),
    z.object({ resultType: z.literal('scalar'), result: SAMPLE }),
  ]),
  warnings: z.array(z.unknown()).optional(),
});

export interface PrometheusProbeOptions {
  readonly name: string;
  /** Of the server, without `api/v1`; from the configuration, so trusted. */
  readonly url: string;
  readonly query: readonly QueryPart[];
  /** From this value on it is activity. */
  readonly threshold: number;
  readonly judges: Judged;
  /** How old a sample may be; `null`: the query is not one of which that can be asked. */
  readonly staleAfterMs: number | null;
  readonly token: () => string | null;
  /** For `{ip}`, where the instance itself does not say. */
  readonly address?: AskAddress;
  readonly clock: Clock;
  /** Real ms for one request in all; 10 s where absent. */
  readonly timeoutMs?: number;
}

interface Values {
  readonly values: readonly number[];
  /** By the server's clock, seconds. */
  readonly evaluatedAt: number;
  readonly isPartial: boolean;
}

/**
 * Asks a Prometheus server by an instant query, at its own time. The highest of the values counts, since one busy card of
 * eight is work. No value, one that is no number, a sample that is too old or an answer that is said to be partial prove
 * no idleness.
 */
export class PrometheusProbe implements Probe {
  readonly name: string;
  readonly kind = 'pull';
  readonly #options: PrometheusProbeOptions;

  constructor(options: PrometheusProbeOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async read(instance: Instance, signal: AbortSignal): Promise<ProbeReading> {
    const at = this.#options.clock.now();
    try {
      return await this.#look(instance, at, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { reason, detail } = failureOf(error);
      return this.#unknown(at, reason, detail);
    }
  }

  async #look(instance: Instance, at: number, signal: AbortSignal): Promise<ProbeReading> {
    const { threshold, staleAfterMs } = this.#options;
    const asksAddress = this.#options.query.some((part) => part.kind === 'value' && part.of === 'ip');
    const ip = asksAddress ? await machineAddress(instance, this.#options.address, signal) : null;
    const query = fillQuery(this.#options.query, instance, ip);
    const { values, evaluatedAt, isPartial } = await this.#ask(query, signal);
    if (values.length === 0) return this.#unknown(at, 'no-data', { kind: 'query-empty' });
    const numbers = values.filter((value) => !Number.isNaN(value));
    const peak = numbers.length === 0 ? null : Math.max(...numbers);
    const found: Detail = { kind: 'highest', count: values.length, peak: peak === null ? null : shown(peak) };
    if (staleAfterMs !== null) {
      // The time in an answer is that of the question; only `timestamp()` tells the samples' own.
      const stamps = await this.#ask(`timestamp(\n${query}\n)`, signal);
      const oldest = Math.min(...stamps.values);
      const ageMs = (stamps.evaluatedAt - oldest) * 1000;
      if (stamps.values.length < values.length || !(ageMs <= staleAfterMs)) {
        return this.#unknown(at, 'stale', { kind: 'samples-old', what: found, ageS: shown(Math.round(ageMs / 1000)) });
      }
    }
    if (peak !== null && peak >= threshold) return this.#reading(at, 'active', peak, found);
    if (numbers.length < values.length)
      return this.#unknown(at, 'bad-answer', { kind: 'not-all-numbers', what: found });
    if (isPartial) return this.#unknown(at, 'bad-answer', { kind: 'answer-partial', what: found });
    if (!Number.isFinite(evaluatedAt)) return this.#unknown(at, 'bad-answer', { kind: 'answer-timeless', what: found });
    return this.#reading(at, 'idle', peak, found);
  }

  /** By POST: a query may be longer than an address. */
  async #ask(query: string, signal: AbortSignal): Promise<Values> {
    const url = new URL(this.#options.url);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
    const token = this.#options.token();
    const answer = await httpGet(url, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      form: new URLSearchParams({ query }),
      guard: null,
      signal,
    });
    if (answer.status === 400 || answer.status === 422) {
      throw new Unreadable('bad-answer', { kind: 'query-refused', status: answer.status });
    }
    mustBeOk(answer, 'api/v1/query');
    const parsed = ANSWER.safeParse(parseJson(answer.body));
    if (!parsed.success) throw new Unreadable('bad-answer', { kind: 'odd-vector' });
    const { data, warnings = [] } = parsed.data;
    const samples = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value);
    return {
      // A series of native histograms has no value of this kind.
      values: samples.map((sample) => (sample === undefined ? Number.NaN : numberOf(sample[1]))),
      evaluatedAt: samples[0]?.[0] ?? Number.NaN,
      isPartial: warnings.length > 0,
    };
  }

  #reading(at: number, verdict: 'active' | 'idle', value: number | null, detail: Detail): ProbeReading {
    const { judges, threshold } = this.#options;
    const lastActiveAt = verdict === 'active' ? at : null;
    return {
      probe: this.name,
      at,
      verdict,
      reason: null,
      lastActiveAt,
      judges,
      evidence: { kind: 'highest-threshold', what: detail, threshold: shown(threshold) },
      signals: [
        {
          signal: 'metric',
          verdict,
          judges,
          value,
          threshold,
          unit: '',
          onlyPositive: false,
          lastActiveAt,
          detail,
        },
      ],
    };
  }

  #unknown(at: number, reason: UnknownActivityReason, evidence: Detail): ProbeReading {
    const { judges } = this.#options;
    return { probe: this.name, at, verdict: 'unknown', reason, lastActiveAt: null, judges, evidence };
  }
}

/** As Prometheus writes them. */
function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

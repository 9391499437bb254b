import { type Marks, moved } from './marks.ts';
import { metricSums } from './metrics-text.ts';
import { mustBeOk } from './probe-failure.ts';
import type { Listed } from './service-address.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

/** What an engine's page of metrics is read for. */
interface Engine {
  readonly kind: 'vllm' | 'tgi' | 'sglang';
  readonly listed: Listed;
  /** Requests under way and waiting. All of them are on the page of an engine that keeps statistics. */
  readonly gauges: readonly string[];
  /** What grows with each request; one of them is enough. */
  readonly counters: readonly string[];
  /** Is the page there only where the engine was started with a flag? */
  readonly flag: string | null;
}

const ENGINES: readonly Engine[] = [
  {
    // vLLM doc, "Production Metrics".
    kind: 'vllm',
    listed: { words: /vllm/i, port: 8000 },
    gauges: ['vllm:num_requests_running', 'vllm:num_requests_waiting'],
    counters: ['vllm:request_success_total', 'vllm:prompt_tokens_total', 'vllm:generation_tokens_total'],
    flag: null,
  },
  {
    // Text Generation Inference doc, "Metrics".
    kind: 'tgi',
    listed: { words: /(^|[^a-z])tgi|text.?generation.?inference/i, port: 8080 },
    gauges: ['tgi_queue_size', 'tgi_batch_current_size'],
    counters: ['tgi_request_count', 'tgi_request_success'],
    flag: null,
  },
  {
    // SGLang doc, "Production Metrics".
    kind: 'sglang',
    listed: { words: /sglang/i, port: 30000 },
    gauges: ['sglang:num_running_reqs', 'sglang:num_queue_reqs'],
    counters: ['sglang:num_requests_total', 'sglang:prompt_tokens_total', 'sglang:generation_tokens_total'],
    flag: '--enable-metrics',
  },
];

/**
 * Engines that serve language models, by their `/metrics`: requests under way or waiting are work, and so is a counter that
 * moved since the last reading. Empty gauges and a counter that stands where it stood are proof of idleness, once it has
 * counted anything: an engine whose statistics are off shows zeros for ever, and so these alone prove nothing.
 */
export const ENGINE_RULES: readonly ServiceRules[] = ENGINES.map((engine) => ({
  kind: engine.kind,
  judges: 'work',
  listed: engine.listed,
  auth: 'bearer',
  look: (ask, before) => look(engine, ask, before),
}));

async function look(engine: Engine, ask: Ask, before: Marks | undefined): Promise<Look> {
  const requests = { signal: 'requests', threshold: 1, unit: 'requests' } as const;
  const answer = await ask('metrics');
  if (answer.status === 404 && engine.flag !== null) {
    return {
      ...requests,
      value: null,
      verdict: 'silent',
      detail: { kind: 'metrics-off', flag: engine.flag },
    };
  }
  mustBeOk(answer, 'metrics');
  const sums = metricSums(answer.body, [...engine.gauges, ...engine.counters]);
  const underWay = engine.gauges.reduce((sum, name) => sum + (sums.get(name) ?? Number.NaN), 0);
  const told = engine.counters.filter((name) => sums.has(name));
  const count = told.reduce((sum, name) => sum + (sums.get(name) ?? Number.NaN), 0);
  if (Number.isNaN(underWay) || Number.isNaN(count)) {
    throw new Unreadable('bad-answer', { kind: 'metrics-lacking', names: engine.gauges });
  }
  const seen = { ...requests, value: underWay, marks: { count } };
  if (underWay > 0) return { ...seen, verdict: 'active', detail: { kind: 'requests', count: underWay } };
  switch (moved(before, 'count', count)) {
    case 'forward':
      return { ...seen, verdict: 'active', detail: { kind: 'requests-served' } };
    case 'back':
      return { ...seen, verdict: 'reset', detail: { kind: 'counters-reset' } };
    case 'first':
    case 'same':
      return count > 0
        ? { ...seen, verdict: 'idle', detail: { kind: 'requests-none' } }
        : { ...seen, verdict: 'silent', detail: { kind: 'requests-uncounted' } };
  }
}

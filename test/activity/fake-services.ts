import type { ServerResponse } from 'node:http';
import type { ServiceKind } from '../../src/fleet/service-kind.ts';
import { html, json, type SeenRequest } from '../providers/support/http-server.ts';
import { HOUR, MINUTE, NOON } from './fleet.ts';

/** A service as it answers by its documentation, with the state that its answers are about. */
export interface FakeService {
  readonly kind: ServiceKind;
  answer(request: SeenRequest, response: ServerResponse): void;
  /** A job or request comes in and is not done yet. */
  begin(): void;
  /** It is done. */
  finish(): void;
  /** Started anew: memory is gone. */
  restart(): void;
  /** What the service would itself call its last activity: whatever it counts, as text. */
  activity(): string;
}

function route(request: SeenRequest): { readonly path: string; readonly query: URLSearchParams } {
  const url = new URL(request.url, 'http://fake');
  return { path: url.pathname, query: url.searchParams };
}

/** `server.py` of ComfyUI: `/prompt`, `/queue`, `/history?max_items=`. */
export class FakeComfyui implements FakeService {
  readonly kind = 'comfyui';
  readonly history: string[] = [];
  running = 0;
  now = NOON;
  withStamps = true;

  answer(request: SeenRequest, response: ServerResponse): void {
    const { path, query } = route(request);
    response.setHeader('date', new Date(this.now).toUTCString());
    if (path === '/prompt') json(response, { exec_info: { queue_remaining: this.running } });
    else if (path === '/history') {
      const kept = query.has('max_items') ? this.history.slice(-Number(query.get('max_items'))) : this.history;
      json(response, Object.fromEntries(kept.map((id) => [id, this.#entry(id)])));
    } else html(response, 404);
  }

  #entry(id: string): object {
    const messages = [
      ['execution_start', { prompt_id: id, timestamp: NOON - 2 * HOUR }],
      ['execution_success', { prompt_id: id, timestamp: NOON - HOUR }],
    ];
    const status = { status_str: 'success', completed: true, ...(this.withStamps ? { messages } : {}) };
    return { prompt: [1, id, { '3': { class_type: 'KSampler' } }, {}, ['9']], outputs: {}, status };
  }

  begin(): void {
    this.running += 1;
  }

  finish(): void {
    this.running -= 1;
    this.history.push(`7b1c${this.history.length}-0000-4000-8000-canary`);
  }

  restart(): void {
    this.history.length = 0;
    this.running = 0;
  }

  activity(): string {
    return `${this.running} ${this.history.length}`;
  }
}

/** `modules/api/api.py`, `modules/shared_state.py` and `modules/progress.py` of AUTOMATIC1111. */
export class FakeSdWebui implements FakeService {
  readonly kind = 'sd-webui';
  jobCount = 0;
  stamp = '0';
  pending = 0;
  hasApi = true;
  hasQueue = true;
  /** Previews that were rendered because somebody asked for the progress. */
  previews = 0;
  #jobs = 0;

  answer(request: SeenRequest, response: ServerResponse): void {
    const { path } = route(request);
    if (path === '/internal/pending-tasks' && this.hasQueue) {
      json(response, { size: this.pending, tasks: Array.from({ length: this.pending }, (_, id) => `task(${id})`) });
    } else if (path === '/sdapi/v1/progress' && this.hasApi) {
      if (this.jobCount !== 0) this.previews += 1;
      json(response, {
        progress: 0,
        eta_relative: 0,
        state: { job: '', job_count: this.jobCount, job_timestamp: this.stamp, job_no: 0, sampling_step: 0 },
        current_image: null,
        textinfo: null,
      });
    } else json(response, { detail: 'Not Found' }, 404);
  }

  begin(): void {
    this.#jobs += 1;
    this.jobCount = -1;
    this.stamp = String(20261121120000 + this.#jobs);
  }

  finish(): void {
    this.jobCount = 0;
  }

  restart(): void {
    this.jobCount = 0;
    this.stamp = '0';
  }

  activity(): string {
    return `${this.jobCount} ${this.stamp} ${this.previews}`;
  }
}

/** Fooocus-API's `/v1/generation/job-queue`; without it Fooocus' own page, with the queue of Gradio 3. */
export class FakeFooocus implements FakeService {
  readonly kind = 'fooocus';
  hasApi = true;
  running = 0;
  finished = 0;
  waiting = 0;
  #last: string | null = null;

  answer(request: SeenRequest, response: ServerResponse): void {
    const { path } = route(request);
    if (path === '/v1/generation/job-queue' && this.hasApi) {
      json(response, { running_size: this.running, finished_size: this.finished, last_job_id: this.#last });
    } else if (path === '/queue/status' && !this.hasApi) {
      json(response, { msg: 'estimation', queue_size: this.waiting, avg_event_process_time: null, queue_eta: 0 });
    } else json(response, { detail: 'Not Found' }, 404);
  }

  begin(): void {
    this.running += 1;
    this.#last = `job-${this.running}-${this.finished}-canary`;
  }

  finish(): void {
    this.running -= 1;
    this.finished += 1;
  }

  /** It does so by itself now and then. */
  clean(): void {
    this.finished = 0;
  }

  restart(): void {
    this.running = 0;
    this.finished = 0;
    this.#last = null;
  }

  activity(): string {
    return `${this.running} ${this.finished} ${this.#last}`;
  }
}

/** Open WebUI, as versions do that go by the last request: whoever asks anything with a token is active. */
export class FakeOpenWebui implements FakeService {
  readonly kind = 'open-webui';
  readonly token = 'sk-probe';
  readonly people = new Set<string>();
  readonly #asked = new Set<string>();

  answer(request: SeenRequest, response: ServerResponse): void {
    const { path } = route(request);
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      json(response, { detail: '401 Unauthorized' }, 401);
      return;
    }
    this.#asked.add('user-of-the-probe');
    if (path === '/api/v1/auths/') json(response, { id: 'user-of-the-probe', email: 'p@example.com', role: 'admin' });
    else if (path === '/api/v1/users/active') json(response, { user_ids: [...this.people, ...this.#asked] });
    else html(response);
  }

  begin(): void {
    this.people.add('canary-user');
  }

  finish(): void {
    this.people.clear();
  }

  restart(): void {
    this.finish();
  }

  activity(): string {
    return [...this.people].join();
  }
}

/** Ollama's `/api/ps`: a request renews when its model will be unloaded, and reading that does not. */
export class FakeOllama implements FakeService {
  readonly kind = 'ollama';
  readonly models = new Map<string, number>();
  now = NOON;

  answer(request: SeenRequest, response: ServerResponse): void {
    if (route(request).path !== '/api/ps') {
      json(response, { error: 'not found' }, 404);
      return;
    }
    const models = [...this.models].map(([name, at]) => ({
      name,
      model: name,
      size: 6_654_289_920,
      digest: 'a2af6cc3eb7f',
      details: { format: 'gguf', family: 'qwen3' },
      expires_at: new Date(at).toISOString().replace('Z', '123456+00:00'),
      size_vram: 6_654_289_920,
    }));
    json(response, { models });
  }

  begin(): void {
    this.now += MINUTE;
    this.models.set('canary:8b', this.now + 5 * MINUTE);
  }

  finish(): void {
    this.begin();
  }

  restart(): void {
    this.models.clear();
  }

  activity(): string {
    return JSON.stringify([...this.models]);
  }
}

type EngineKind = 'vllm' | 'tgi' | 'sglang';

const LABELS = '{engine="0",model_name="canary/Qwen3 {8B}, \\"instruct\\""}';

/** The pages of metrics of engines, each by its documentation. */
export class FakeEngine implements FakeService {
  readonly kind: EngineKind;
  running = 0;
  waiting = 0;
  served = 0;
  hasMetrics = true;
  broken: string | null = null;

  constructor(kind: EngineKind) {
    this.kind = kind;
  }

  answer(request: SeenRequest, response: ServerResponse): void {
    if (route(request).path !== '/metrics' || !this.hasMetrics) {
      json(response, { detail: 'Not Found' }, 404);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(this.broken ?? this.page());
  }

  page(): string {
    switch (this.kind) {
      case 'vllm':
        return [
          '# HELP vllm:num_requests_running Number of requests in model execution batches.',
          '# TYPE vllm:num_requests_running gauge',
          `vllm:num_requests_running${LABELS} ${this.running}.0`,
          `vllm:num_requests_waiting${LABELS} ${this.waiting}.0`,
          `vllm:num_requests_waiting_by_reason{reason="capacity"} 7.0`,
          `vllm:request_success_total{finished_reason="stop"} ${this.served}.0`,
          'vllm:request_success_total{finished_reason="abort"} 0.0',
          `vllm:prompt_tokens_total${LABELS} ${this.served * 20}.0`,
          `vllm:generation_tokens_total${LABELS} ${this.served * 1.5e3}`,
          'vllm:request_success_created{finished_reason="stop"} 1.7e+09',
          '',
        ].join('\n');
      case 'tgi':
        return `tgi_queue_size ${this.waiting}\ntgi_batch_current_size ${this.running}\ntgi_request_count ${this.served}\n`;
      case 'sglang':
        return [
          `sglang:num_running_reqs${LABELS} ${this.running}.0`,
          `sglang:num_queue_reqs${LABELS} ${this.waiting}.0`,
          `sglang:num_requests_total${LABELS} ${this.served}.0`,
          `sglang:generation_tokens_total${LABELS} ${this.served * 300}.0`,
          '',
        ].join('\n');
    }
  }

  begin(): void {
    this.running += 1;
  }

  finish(): void {
    this.running -= 1;
    this.served += 1;
  }

  restart(): void {
    this.running = 0;
    this.served = 0;
  }

  activity(): string {
    return this.page();
  }
}

export const FAKES: readonly (() => FakeService)[] = [
  () => new FakeComfyui(),
  () => new FakeSdWebui(),
  () => new FakeFooocus(),
  () => new FakeOpenWebui(),
  () => new FakeOllama(),
  () => new FakeEngine('vllm'),
  () => new FakeEngine('tgi'),
  () => new FakeEngine('sglang'),
];

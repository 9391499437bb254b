import type { Answer } from './answer.ts';
import { ok } from './answer.ts';
import type { SimulatedAccount } from './simulated-account.ts';
import { isBusy, lastBusyAt } from './workload.ts';

/** What instances of the demo serve besides Jupyter, each as its own pages tell it. */
const APPS = ['comfyui', 'sd-webui', 'vllm'] as const;
type App = (typeof APPS)[number];

export interface AppRequest {
  readonly app: App;
  readonly account: string;
  readonly instanceId: string;
  readonly resource: string;
}

const NOT_FOUND: Answer = { kind: 'object', status: 404, body: { detail: 'Not Found' } };
/** What a cloud's proxy shows while no machine is behind it. */
const NOT_RUNNING: Answer = { kind: 'html', status: 503, text: '<html><body>503</body></html>' };

/** Splits `/<app>/<account>/<instance id>/<resource>`; null for any other path. */
export function parseAppPath(path: string): AppRequest | null {
  const [, name, account = '', id = '', resource = ''] = /^\/([a-z-]+)\/([^/]+)\/([^/]+)\/(.*)$/.exec(path) ?? [];
  const app = APPS.find((each) => each === name);
  if (app === undefined) return null;
  try {
    return { app, account: decodeURIComponent(account), instanceId: decodeURIComponent(id), resource };
  } catch {
    // A malformed escape names nobody.
    return null;
  }
}

/** Which of them a machine with such a name serves, and as what its cloud lists it. */
export function listedApp(name: string): { readonly app: App; readonly title: string } | null {
  if (name.includes('comfyui')) return { app: 'comfyui', title: 'ComfyUI' };
  return name.includes('sdxl') ? { app: 'sd-webui', title: 'SD WebUI' } : null;
}

/** Answers as the app does by its documentation; being asked never counts as work. */
export function answerApp(request: AppRequest, account: SimulatedAccount | undefined, at: number): Answer {
  account?.settle(at);
  const instance = account?.raw(request.instanceId);
  if (instance === undefined || instance.status !== 'running') return NOT_RUNNING;
  const jobs = isBusy(instance.workload, at) ? 1 : 0;
  const workedAt = lastBusyAt(instance.workload, at) ?? 0;
  switch (`${request.app}/${request.resource}`) {
    case 'comfyui/prompt':
      return ok({ exec_info: { queue_remaining: jobs } });
    case 'comfyui/history':
      return ok(workedAt === 0 ? {} : { [`run-${workedAt}`]: { outputs: {}, status: finished(workedAt) } });
    case 'sd-webui/internal/pending-tasks':
      return ok({ size: 0, tasks: [] });
    case 'sd-webui/sdapi/v1/progress':
      return ok({ progress: 0, state: { job: '', job_count: jobs, job_timestamp: stamp(workedAt) } });
    case 'vllm/metrics':
      // As many requests as seconds of work: the count stands still with it.
      return { kind: 'html', status: 200, text: vllmPage(jobs, Math.floor(workedAt / 1000)) };
    default:
      return NOT_FOUND;
  }
}

function finished(at: number): object {
  return { status_str: 'success', completed: true, messages: [['execution_success', { timestamp: at }]] };
}

function stamp(at: number): string {
  return at === 0 ? '0' : new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
}

function vllmPage(running: number, served: number): string {
  return [
    `vllm:num_requests_running{engine="0"} ${running}.0`,
    'vllm:num_requests_waiting{engine="0"} 0.0',
    `vllm:request_success_total{engine="0",finished_reason="stop"} ${served}.0`,
    '',
  ].join('\n');
}

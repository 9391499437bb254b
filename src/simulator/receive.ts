import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerApp, parseAppPath } from './apps.ts';
import { type Args, idsArg, isRecord, textArg } from './args.ts';
import { answerBadly, answerWell, breakOff, type Exchange } from './exchange.ts';
import type { SimCall, SimOperation } from './history.ts';
import { answerJupyter, jupyterOperation, parseJupyterPath } from './jupyter.ts';
import { APIS, type Route } from './router.ts';
import type { SimProvider } from './sim-instance.ts';
import type { SimulatedAccount } from './simulated-account.ts';
import type { Simulator } from './simulator.ts';

// No request of these APIs comes near this; it only keeps a mistake from filling the memory.
const BODY_LIMIT = 1_000_000;
const MASKED = new Set(['username', 'password', 'token']);

/** Reads a request to its end, then answers it. */
export function receive(simulator: Simulator, request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > BODY_LIMIT) request.socket.destroy();
    else chunks.push(chunk);
  });
  // A caller that hangs up half-way has not asked anything.
  request.on('error', () => {});
  request.on('end', () => {
    const url = URL.parse(request.url ?? '/', 'http://simulator');
    if (url === null) {
      request.socket.destroy();
      return;
    }
    const body = chunks.length === 0 ? '' : Buffer.concat(chunks).toString();
    answer(simulator, understand(simulator, request, response, url, body));
  });
}

function answer(simulator: Simulator, exchange: Exchange): void {
  const { account, call, response } = exchange;
  response.once('close', () => {
    call.answered = response.writableFinished;
    simulator.events.emit('answer', call);
  });
  simulator.note(call, account);
  if (account !== null && account.down !== false) {
    call.fault = 'down';
    if (account.down === true) breakOff(exchange);
    return;
  }
  const fault = simulator.faults.choose(call.account, call.operation);
  account?.settle();
  if (fault === null) answerWell(exchange);
  else answerBadly(exchange, fault);
}

/** The same no for every reason, where there is no vendor API behind the path. */
function plainNo(status: number, message: string): Exchange['no'] {
  const no = () => ({ kind: 'object', status, body: { message, reason: null } }) as const;
  return { unauthorised: no, refused: no, systemFault: no };
}

type Incoming = Pick<Exchange, 'request' | 'response' | 'args' | 'origin' | 'now'>;

function understand(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Exchange {
  const query: Args = Object.fromEntries(url.searchParams);
  const parsed = request.method === 'GET' ? query : parseBody(body);
  const incoming: Incoming = {
    request,
    response,
    args: parsed ?? {},
    origin: simulator.origin,
    now: () => simulator.clock.now(),
  };
  const call = (api: SimCall['api'], operation: SimOperation, account: string | null, ids: readonly string[]) =>
    makeCall(simulator, incoming, url.pathname, { api, operation, account, ids });
  const jupyter = parseJupyterPath(url.pathname);
  if (jupyter !== null) {
    const owner = simulator.accounts.find((account) => account.name === jupyter.account);
    const token = /^token (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? url.searchParams.get('token');
    const untracked = url.searchParams.has('no_track_activity');
    return {
      ...incoming,
      call: call('jupyter', jupyterOperation(jupyter.resource), jupyter.account, [jupyter.instanceId]),
      account: null,
      run: () => answerJupyter({ ...jupyter, account: owner, token, untracked, at: simulator.clock.now() }),
      accept: null,
      no: plainNo(403, 'Forbidden'),
    };
  }
  const app = parseAppPath(url.pathname);
  if (app !== null) {
    const owner = simulator.accounts.find((account) => account.name === app.account);
    return {
      ...incoming,
      call: call('jupyter', 'app', app.account, [app.instanceId]),
      account: null,
      run: () => answerApp(app, owner, simulator.clock.now()),
      accept: null,
      no: plainNo(403, 'Forbidden'),
    };
  }
  const route = simulator.router.byPath(url.pathname);
  if (route === undefined) {
    const no = plainNo(404, 'not found');
    return {
      ...incoming,
      call: call('unknown', 'unknown', null, []),
      account: null,
      run: no.refused,
      accept: null,
      no,
    };
  }
  return vendorExchange(simulator, route, incoming, call, parsed !== null);
}

function vendorExchange(
  simulator: Simulator,
  route: Route,
  incoming: Incoming,
  makeCallOf: (api: SimCall['api'], operation: SimOperation, account: string | null, ids: readonly string[]) => SimCall,
  readable: boolean,
): Exchange {
  const { provider, endpoint } = route;
  const { args, origin } = incoming;
  const api = APIS[provider];
  const account = identify(simulator, route, incoming);
  const single = textArg(args, 'instance_uuid');
  const call = makeCallOf(
    provider,
    endpoint.operation,
    account?.name ?? null,
    single === null ? idsArg(args, 'gid') : [single],
  );
  const host =
    account ?? (endpoint.access === 'public' ? simulator.accounts.find((a) => a.provider === provider) : null);
  const base = { ...incoming, call, account, no: api };
  if (host === null || host === undefined) return { ...base, run: api.unauthorised, accept: null };
  if (incoming.request.method !== endpoint.method) {
    return { ...base, run: () => api.badRequest(`${endpoint.method} ${endpoint.path}`), accept: null };
  }
  if (!readable) return { ...base, run: () => api.badRequest('JSON'), accept: null };
  const at = simulator.clock.now();
  const apiRequest = { account: host, args, at, callSeq: call.seq, origin };
  const { accept } = endpoint;
  return {
    ...base,
    run: (asked) => endpoint.handle({ ...apiRequest, args: asked, at: simulator.clock.now() }),
    accept: accept === undefined ? null : () => accept(apiRequest),
  };
}

/** Whose request it is, by the API's own way of telling. */
function identify(simulator: Simulator, { provider, endpoint }: Route, incoming: Incoming): SimulatedAccount | null {
  const accounts = simulator.accounts.filter((account) => account.provider === provider);
  if (endpoint.access === 'password') {
    const username = textArg(incoming.args, 'username');
    const password = textArg(incoming.args, 'password');
    return accounts.find((account) => account.username === username && account.password === password) ?? null;
  }
  const key = keyOf(provider, incoming.request.headers.authorization);
  return accounts.find((account) => account.tokens.some((token) => token.token === key)) ?? null;
}

/** huixingyun takes the bare token and nothing else (慧星云 API doc, 鉴权示例); chenyu takes `Bearer <key>`. */
function keyOf(provider: SimProvider, header: string | undefined): string | null {
  if (header === undefined) return null;
  if (provider === 'huixingyun') return header;
  return /^Bearer (\S+)$/.exec(header)?.[1] ?? null;
}

/** The body's arguments; null when it is no JSON object. An empty body has none. */
function parseBody(body: string): Args | null {
  if (body === '') return {};
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function makeCall(
  simulator: Simulator,
  incoming: Incoming,
  path: string,
  what: Pick<SimCall, 'api' | 'operation' | 'account' | 'ids'>,
): SimCall {
  const masked = Object.entries(incoming.args).map(([key, value]) => [key, MASKED.has(key) ? '***' : value]);
  return {
    seq: simulator.nextSeq(),
    at: simulator.clock.now(),
    ...what,
    method: incoming.request.method ?? '',
    path,
    args: Object.fromEntries(masked),
    authorised: incoming.request.headers.authorization !== undefined,
    fault: null,
    status: null,
    answered: false,
  };
}

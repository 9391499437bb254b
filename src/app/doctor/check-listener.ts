import { once } from 'node:events';
import { createServer } from 'node:net';
import { z } from 'zod';
import type { Listen } from '../../config/config.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('listener');

/** On this machine; a daemon that needs longer to say that it lives does not. */
const ANSWER_MS = 5_000;

const ALIVE = z.object({ ok: z.boolean(), detail: z.string() });
/** What the daemon's page of readiness says, as far as it is asked here. */
const READY = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

/** Does the daemon answer where it should listen, and what does it say of itself; or is the port free for it? */
export async function checkListener(listen: Listen, signal: AbortSignal): Promise<readonly Finding[]> {
  const shown = listen.host.includes(':') ? `[${listen.host}]:${listen.port}` : `${listen.host}:${listen.port}`;
  if (listen.port === 0) return [ok(shown, 'any free port will be taken')];
  const taken = await whyTaken(listen);
  if (taken === null) return [ok(shown, 'is free; no daemon runs there')];
  // Nothing is sent to an address that is not this machine's.
  if (NOT_HERE.includes(taken)) return [cannotListen(shown, taken)];
  const origin = originOf(listen);
  const alive = await get(`${origin}/healthz`, signal);
  if (alive === null) return [cannotListen(shown, taken)];
  if (!ALIVE.safeParse(alive).success)
    return [broken(shown, 'something answers there, and it is not Lamplighter', `end it, or ${ELSEWHERE}`)];
  const { data: ready } = READY.safeParse(await get(`${origin}/readyz`, signal));
  if (ready === undefined)
    return [warning(shown, 'the daemon answers, but does not say whether it is ready', 'look at its log')];
  const troubles = Object.entries(ready.checks).filter(([, check]) => !check.ok);
  return [
    ok(shown, ready.ready ? 'the daemon runs and is ready' : 'the daemon runs'),
    ...troubles.map(([name, { detail }]) => broken(`daemon: ${name}`, detail, MENDS[name] ?? 'look at its log')),
  ];
}

const MENDS: Readonly<Record<string, string>> = {
  redis: 'see above what is said of Redis',
  policies: '`lamplighter validate` shows the mistakes with their lines',
  accounts: 'wait for the first poll, or see above what is said of the clouds',
  paidWork: 'docs/operations.md, “Bad days”, says for each cause what to look at before `lamplighter reconcile`',
};

function originOf({ host, port }: Listen): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`;
}

/** The JSON that is answered there; `null`: nobody answers; `undefined`: something else does. */
async function get(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(url, { signal: limit, redirect: 'manual' });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** The operating system's word for why it cannot be listened on; `null`: it can. */
async function whyTaken({ host, port }: Listen): Promise<string | null> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}

const NOT_HERE: readonly string[] = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'];
const ELSEWHERE = 'listen elsewhere: `listen:` in the configuration, or --listen';

function cannotListen(shown: string, code: string): Finding {
  const mends: Readonly<Record<string, string>> = {
    EADDRINUSE: `end what has it, or ${ELSEWHERE}`,
    EACCES: 'take a port from 1024 on',
  };
  const here = 'name an address of this machine, such as 127.0.0.1';
  const mend = NOT_HERE.includes(code) ? here : (mends[code] ?? ELSEWHERE);
  return broken(shown, `cannot be listened on (${code})`, mend);
}

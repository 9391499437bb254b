import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { z } from 'zod';
import { unknownName } from '../fleet/unknown-name.ts';
import { bearerOf, sameSecret } from './bearer.ts';
import { boardApi } from './board-api.ts';
import { bodyMistakes } from './body-wording.ts';
import { Console, type ConsoleParts } from './console/console.ts';
import { LISTS, listQuery } from './list-query.ts';
import { isOwnHost, peerOf, type WebEnv } from './own-host.ts';
import { ACTIVITY, HOLD, PERSON, RELOAD } from './schemas.ts';
import type { Done, WebSource } from './source.ts';
import { type WrongTokenNews, WrongTokens } from './wrong-tokens.ts';

/** No request of the API is larger than a hold with its reason. */
const MAX_BODY_BYTES = 16 * 1024;

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

type Status = 400 | 401 | 404 | 409 | 413 | 415 | 421 | 429 | 500 | 503;

/** Asked by machines under whatever name they know us by; nothing in a browser can do harm with them. */
const UNDER_ANY_NAME: ReadonlySet<string> = new Set(['/metrics', '/healthz', '/readyz']);

/** Too small to gain by it, made piece by piece, or sent as it comes. */
const UNCOMPRESSED: ReadonlySet<string> = new Set([...UNDER_ANY_NAME, '/events']);

function fail(context: Context, status: Status, code: string, message: string): Response {
  return context.json({ error: { code, message } }, status);
}

/** Which `code` an error answer carries; closed, so that scripts can rely on it. */
const CODES = {
  'not-found': 404,
  invalid: 400,
  refused: 409,
} as const;

function answer(context: Context, done: Done): Response {
  if (done.kind === 'done') return context.json(done.value ?? {});
  return fail(context, CODES[done.kind], done.kind, done.message);
}

/**
 * A long answer as bytes, pulled as fast as they are read. One that fails in the middle breaks the connection off: ended in
 * order, a scrape would look as if the series that are missing were gone.
 */
function bytesOf(
  first: IteratorResult<string | Uint8Array>,
  pieces: AsyncIterator<string | Uint8Array>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting: IteratorResult<string | Uint8Array> | null = first;
  let isGone = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = waiting ?? (await pieces.next());
          waiting = null;
          // A scraper that hung up meanwhile is no failure.
          if (isGone) return;
          if (piece.done === true) controller.close();
          else controller.enqueue(typeof piece.value === 'string' ? encoder.encode(piece.value) : piece.value);
        } catch (error) {
          if (isGone) return;
          onFailure(error);
          throw new Error('the answer broke off; the log says why');
        }
      },
      async cancel() {
        isGone = true;
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Reads a JSON body by its schema; anything else ends here with 400 or 415. JSON it must be called also where nothing is
 * said: no form of a page in a browser can do that. An empty body is an empty object.
 */
async function body<T>(
  context: Context,
  schema: z.ZodType<T> & { readonly shape: object },
): Promise<{ ok: true; value: T } | { ok: false; response: Response }> {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/json(?:\s*;|\s*$)/i.test(type)) {
    return { ok: false, response: fail(context, 415, 'invalid', 'send JSON with content-type application/json') };
  }
  const text = await context.req.text();
  let data: unknown;
  try {
    data = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return { ok: false, response: fail(context, 400, 'invalid', 'the body is not JSON') };
  }
  const parsed = schema.safeParse(data, { reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  const message = bodyMistakes(parsed.error.issues, Object.keys(schema.shape));
  return { ok: false, response: fail(context, 400, 'invalid', message) };
}

/**
 * The daemon's HTTP surface. Reading is open to whoever reaches the listener, which is loopback unless asked otherwise;
 * changing anything needs the control token, which is asked for anew each time, and without one those routes do not exist. No CORS headers are
 * ever sent, and only JSON bodies are taken, so a page in somebody's browser cannot act through it; nor can it read, see
 * {@link isOwnHost}.
 *
 * `onFailure` is told what failed on our side and where; whoever asked only learns that it did. `onWrongToken` is told,
 * now and then, that somebody tries control tokens. `pages` brings the console; with it reading the API asks for a token as
 * the console does, since both tell the fleet. Without it the API is read by whoever reaches the listener.
 */
export function makeWeb(
  source: WebSource,
  controlToken: (() => string | null) | null,
  onFailure: (error: unknown, request: string) => void = () => {},
  clock: () => number = () => performance.now(),
  onWrongToken: (news: WrongTokenNews) => void = () => {},
  pages: ConsoleParts | null = null,
): Hono<WebEnv> {
  const wrong = new WrongTokens(clock, onWrongToken);
  const console = pages === null ? null : new Console(pages, source, wrong, onFailure);
  const app = new Hono<WebEnv>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // With `no-referrer` browsers would send forms without their origin, by which the console knows its own.
      referrerPolicy: 'same-origin',
      // We speak plain HTTP; whether the whole domain is to be https only is for the proxy before us to say.
      strictTransportSecurity: false,
    }),
  );
  const compressed = compress();
  app.use(async (context, next) => {
    if (UNCOMPRESSED.has(context.req.path)) await next();
    else await compressed(context, next);
  });
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (context) => fail(context, 413, 'invalid', `the body is larger than ${MAX_BODY_BYTES} bytes`),
    }),
  );
  app.use(async (context, next) => {
    if (!UNDER_ANY_NAME.has(context.req.path) && !isOwnHost(context, ownHost(pages))) {
      const asked = context.req.header('host') ?? '';
      const message = `this listener is not known as ${asked.slice(0, 100)}; ask for it by its address, or let the proxy send that as Host`;
      return fail(context, 421, 'misdirected', message);
    }
    await next();
    return undefined;
  });
  app.notFound(async (context) => {
    // Whoever types an address is a person; the API answers in its own way whoever asks.
    const isPerson = context.req.method === 'GET' && /\btext\/html\b/.test(context.req.header('accept') ?? '');
    if (console !== null && isPerson && !/^\/(api|-|assets|events)(\/|$)/.test(context.req.path))
      return await console.nowhere(context);
    return fail(context, 404, 'not-found', `there is no ${context.req.method} ${context.req.path}`);
  });
  app.onError((error, context) => {
    // A form that is not ours.
    if (error instanceof HTTPException) return error.getResponse();
    onFailure(error, `${context.req.method} ${context.req.path}`);
    return fail(context, 500, 'failed', 'the request failed; the log says why');
  });

  app.get('/healthz', (context) => {
    const { ok, detail } = source.alive();
    return context.json({ ok, detail }, ok ? 200 : 503);
  });
  app.get('/readyz', async (context) => {
    const readiness = await source.ready();
    return context.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    const pieces = source.metrics()[Symbol.asyncIterator]();
    // Asked for before anything is sent, so that a failure can still be a 500.
    const first = await pieces.next();
    const bytes = bytesOf(first, pieces, (error) => onFailure(error, 'GET /metrics'));
    return context.body(bytes, 200, { 'content-type': PROMETHEUS });
  });
  if (console !== null) {
    app.route('/', console.routes());
    app.get('/api/v1/*', mayRead(console, wrong));
  }
  if (pages !== null) app.route('/', boardApi(pages.boards));

  for (const name of LISTS) {
    app.get(`/api/v1/${name}`, async (context) => {
      const asked = listQuery(name, context.req.query());
      if (!asked.ok) return fail(context, 400, 'invalid', asked.message);
      const page = await source[name](asked.query);
      const { account } = asked.query.filters;
      const known = source.accountNames();
      // What happened at an account that is not configured any more can still be asked for.
      if (account !== undefined && page.items.length === 0 && !known.includes(account)) {
        return fail(context, 404, 'not-found', unknownName('account', account, known));
      }
      return context.json(page);
    });
  }
  app.get('/api/v1/recording', async (context) => {
    const asked = await source.recording(context.req.query('since') ?? null);
    if (asked.kind !== 'done') return answer(context, asked);
    const pieces = asked.pieces[Symbol.asyncIterator]();
    const first = await pieces.next();
    const bytes = bytesOf(first, pieces, (error) => onFailure(error, 'GET /api/v1/recording'));
    return context.body(bytes, 200, { 'content-type': 'application/zstd' });
  });
  app.get('/api/v1/savings', async (context) => {
    const { since = null, by = null, ...more } = context.req.query();
    const [unknown] = Object.keys(more);
    if (unknown !== undefined)
      return fail(context, 400, 'invalid', `savings has no filter "${unknown}"; there are since, by`);
    return answer(context, await source.savings({ since, by }));
  });
  app.get('/api/v1/operations/:id', async (context) => {
    const operation = await source.operation(context.req.param('id'));
    return operation === null
      ? fail(context, 404, 'not-found', `there is no operation ${context.req.param('id')}`)
      : context.json(operation);
  });

  app.get('/api/v1/instances/:account/:id', async (context) => {
    const { account, id } = context.req.param();
    const instance = await source.instance(`${account}/${id}`);
    return instance === null
      ? fail(context, 404, 'not-found', `there is no instance ${account}/${id}`)
      : context.json(instance);
  });

  if (controlToken === null) return app;

  const control: MiddlewareHandler<WebEnv> = async (context, next) => {
    const wanted = controlToken();
    if (wanted === null) return context.notFound();
    const given = bearerOf(context.req.header('authorization'));
    const waitMs = given === null ? 0 : wrong.waitMs(peerOf(context));
    if (waitMs > 0) {
      context.header('retry-after', String(Math.ceil(waitMs / 1000)));
      return fail(context, 429, 'throttled', 'too many wrong control tokens came from there; wait a minute');
    }
    if (given === null || !sameSecret(given, wanted)) {
      if (given !== null) wrong.note(peerOf(context));
      return fail(context, 401, 'unauthorised', 'send the control token as Authorization: Bearer');
    }
    await next();
    return undefined;
  };
  app.post('/api/v1/activity', async (context) => {
    if (controlToken() === null) return context.notFound();
    const token = bearerOf(context.req.header('authorization'));
    if (token === null)
      return fail(context, 401, 'unauthorised', 'send the token of the instance as Authorization: Bearer');
    const input = await body(context, ACTIVITY);
    if (!input.ok) return input.response;
    const done = await source.activity(input.value, token);
    return done.kind === 'refused' ? fail(context, 401, 'unauthorised', done.message) : answer(context, done);
  });
  app.post('/api/v1/holds', control, async (context) => {
    const input = await body(context, HOLD);
    return input.ok ? answer(context, await source.hold(input.value)) : input.response;
  });
  app.delete('/api/v1/holds/:id', control, async (context) =>
    answer(context, await source.release(context.req.param('id'), 'api')),
  );
  app.post('/api/v1/pause', control, async (context) => {
    const input = await body(context, PERSON);
    return input.ok ? answer(context, await source.pause(input.value.by, input.value.reason)) : input.response;
  });
  app.post('/api/v1/resume', control, async (context) => {
    const input = await body(context, PERSON);
    return input.ok ? answer(context, await source.resume(input.value.by)) : input.response;
  });
  app.post('/api/v1/operations/:id/approve', control, async (context) => {
    const input = await body(context, PERSON);
    return input.ok
      ? answer(context, await source.approve(context.req.param('id'), input.value.by, input.value.reason))
      : input.response;
  });
  app.post('/api/v1/operations/:id/close', control, async (context) => {
    const input = await body(context, PERSON);
    return input.ok
      ? answer(context, await source.close(context.req.param('id'), input.value.by, input.value.reason))
      : input.response;
  });
  app.post('/-/reload', control, async (context) => {
    const input = await body(context, RELOAD);
    return input.ok ? answer(context, await source.reload(input.value.acknowledge)) : input.response;
  });
  return app;
}

/** The name under which people open the console, as a `Host` header has it. */
function ownHost(pages: ConsoleParts | null): string | null {
  const url = pages?.access.url() ?? null;
  return url === null ? null : new URL(url).host;
}

/** Whoever may look at the console may read the API: here, signed in, or with one of the tokens as Bearer. */
function mayRead(console: Console, wrong: WrongTokens): MiddlewareHandler<WebEnv> {
  return async (context, next) => {
    const { access } = console;
    const given = access.bearer(context);
    if (given !== undefined && wrong.waitMs(peerOf(context)) > 0) {
      context.header('retry-after', String(Math.ceil(wrong.waitMs(peerOf(context)) / 1000)));
      return fail(context, 429, 'throttled', 'too many wrong tokens came from there; wait a minute');
    }
    if ((given ?? null) !== null || access.asking(context).role !== 'none') {
      await next();
      return undefined;
    }
    if (given === null) wrong.note(peerOf(context));
    const how = access.hasToken
      ? 'send the viewer token or the control token as Authorization: Bearer'
      : 'reading from elsewhere needs console.viewerTokenFile or control.tokenFile to be set';
    return fail(context, 401, 'unauthorised', how);
  };
}

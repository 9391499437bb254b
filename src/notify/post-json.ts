/** A receiver that takes longer is asked again later. */
export const TIMEOUT_MS = 10_000;
/** All of them answer with a line. */
const MAX_ANSWER_BYTES = 64 * 1024;
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 3_600_000;

/** What came back; `none`: nothing, and why. No text of ours in it holds the address. */
export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** What the receiver wrote, cut where it is too long for an answer. */
      readonly body: string;
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: 'none'; readonly detail: string };

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly now: number;
  /** Real ms for all of it; 10 s where absent. */
  readonly timeoutMs?: number | undefined;
}

/**
 * `POST`s JSON and reads the answer. Redirects are not followed: the next place was never configured. Throws only when
 * `signal` is aborted, with its reason.
 */
export async function postJson(url: string, body: string, options: PostOptions): Promise<Answer> {
  const { headers = {}, signal, now, timeoutMs = TIMEOUT_MS } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'lamplighter', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
    });
    const { status } = response;
    return {
      kind: 'answer',
      status,
      body: await readSome(response),
      retryAfterMs: retryAfterMs(response.headers.get('retry-after'), now),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'none', detail: limit.aborted ? `no answer within ${timeoutMs / 1000} s` : whyNot(error) };
  }
}

async function readSome({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    size += piece.byteLength;
    // Leaving the loop ends the connection.
    if (size >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

/** `Retry-After` in ms, seconds or a date (RFC 9110 10.2.3), kept within reason; `null`: absent or not readable. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  // Every HTTP date begins with a weekday; left alone, the parser takes "-5" for a day in 2001.
  const date = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  const asked = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : date - now;
  return Number.isNaN(asked) ? null : Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, asked));
}

/** The address is a credential, so only the code of the failure is told. */
export function whyNot(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? `not delivered: ${code}` : 'not delivered';
}

const SHORTEST_MS = 1_000;
const LONGEST_MS = 3_600_000;

/** Into 1 s .. 1 h, whatever a cloud asks for: neither a hot loop nor an account that is silent for a year. */
export function clampRetryAfter(ms: number): number {
  if (Number.isNaN(ms)) return SHORTEST_MS;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round(ms)));
}

/**
 * Reads a `Retry-After` header, seconds or an HTTP date (RFC 9110 §10.2.3), into ms, clamped to 1 s .. 1 h.
 * `null`: absent or not readable.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^-?\d+$/.test(text)) return clampRetryAfter(Number(text) * 1000);
  const at = httpDate(text);
  return at === null ? null : clampRetryAfter(at - now);
}

const IMF_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An HTTP date in its one present-day form, "Sun, 06 Nov 1994 08:49:37 GMT", as epoch ms; else `null`. */
export function httpDate(text: string | null): number | null {
  if (text === null || !IMF_DATE.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

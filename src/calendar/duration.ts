import { DURATION_UNITS, formatDuration } from '../fleet/duration-text.ts';

export { formatDuration };

/** Ten years: nothing that is rented lasts longer, so a longer text is a mistake, such as `9999999d`. */
export const MAX_DURATION_MS = 10 * 365 * 86_400_000;

const PARTS = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const ANY_ORDER = /^(?:\d+(?:ms|[ywdhms]))+$/;

/** Enough for the longest sensible text; what is longer is not quoted back whole. */
const MAX_QUOTED = 40;

const HOW = 'write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d';

export type ParsedDuration =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly message: string };

/**
 * Reads a PromQL duration: `30s`, `15m`, `1h30m`, `7d`, `1w`, `500ms`; units descending, each at most once.
 * Bare numbers, signs, fractions, months, spaces and more than ten years are refused with a message that says why.
 */
export function parseDuration(text: string): ParsedDuration {
  const parts = PARTS.exec(text);
  if (parts === null || text === '') return { ok: false, message: whatIsWrong(text) };
  let ms = 0;
  DURATION_UNITS.forEach(([, unitMs], index) => {
    ms += Number(parts[index + 1] ?? 0) * unitMs;
  });
  if (ms > MAX_DURATION_MS) {
    return { ok: false, message: `${quote(text)} is too long: at most ${formatDuration(MAX_DURATION_MS)} is allowed` };
  }
  return { ok: true, ms };
}

function whatIsWrong(text: string): string {
  const quoted = quote(text);
  if (text.trim() === '') return `a duration is missing: ${HOW}`;
  if (/^\d+$/.test(text)) return `${quoted} has no unit: ${HOW}`;
  if (/^[-+]/.test(text)) return `${quoted} has a sign, and a duration has none: ${HOW}`;
  if (/^\d*[.,]\d+/.test(text)) return `${quoted} has a fraction: ${HOW}`;
  if (/^\d+\s*(?:M|mo|mon|months?)$/.test(text)) return `${quoted} is in months, which have no fixed length: ${HOW}`;
  if (/\s/.test(text)) return `${quoted} has spaces: ${HOW}`;
  if (ANY_ORDER.test(text))
    return `${quoted} has its units out of order or twice: longest first, each once, such as 1h30m`;
  return `${quoted} is not a duration: ${HOW}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}

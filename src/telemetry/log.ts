import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How deep a chain of causes is followed. Ours are at most three deep; the bound only stops a loop. */
const MAX_CAUSES = 5;
/** Of one message. Whoever puts a whole page of a cloud into an error gets its beginning logged. */
const MAX_MESSAGE = 2_000;
/** Frames of a stack that are kept: where it came from, not how Node got there. */
const MAX_FRAMES = 7;

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
  /** Of an AggregateError: the first few. */
  readonly errors?: readonly LoggedError[];
}

/**
 * An error as the log shows it: name, code, message, stack and causes, and nothing that somebody hung onto it (clients
 * hang requests, headers and bodies onto errors).
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: 'something that is no Error was thrown' };
  const code = 'code' in error && typeof error.code === 'string' ? cut(error.code) : undefined;
  const deeper = depth < MAX_CAUSES;
  const several = error instanceof AggregateError && deeper ? error.errors.slice(0, MAX_CAUSES) : [];
  return {
    name: cut(error.name),
    message: cut(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: frames(error.stack) }),
    ...(error.cause !== undefined && deeper ? { cause: describeError(error.cause, depth + 1) } : {}),
    ...(several.length === 0 ? {} : { errors: several.map((each: unknown) => describeError(each, MAX_CAUSES)) }),
  };
}

function cut(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}… (${text.length} characters)`;
}

/** The frames without the message that stands before them, which may have lines of its own. */
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines.slice(0, MAX_FRAMES).map(cut).join('\n');
}

/** What is under such a name is no business of the log, at the top of a line or one deeper. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['authorization', 'token', 'password', 'secret']);
const CENSORED = '[secret]';

/**
 * Fields as the log can hold them: errors under any name other than `err`, which has a serializer (JSON would show what
 * hangs on them instead), addresses as text, and secrets by their names taken out. The library's own redacting looks its
 * paths up anew for every line, which costs more than writing it.
 */
function plainFields(fields: Record<string, unknown>): Record<string, unknown> {
  // Nearly every line is as it should be, and is not copied.
  let plain: Record<string, unknown> | null = null;
  for (const [key, value] of Object.entries(fields)) {
    const shown = key === 'err' ? value : plainValue(key, value);
    if (shown === value) continue;
    plain ??= { ...fields };
    plain[key] = shown;
  }
  return plain ?? fields;
}

function plainValue(key: string, value: unknown): unknown {
  if (SECRET_FIELDS.has(key)) return CENSORED;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof URL) return value.href;
  if (Array.isArray(value) || !Object.keys(value).some((inner) => SECRET_FIELDS.has(inner))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([inner, each]) => [inner, SECRET_FIELDS.has(inner) ? CENSORED : each]),
  );
}

/**
 * The log: JSON lines with a constant sentence and fields beside it. `scrub` is the last net under every line: it gets
 * the finished text and takes out whatever live secret is in it.
 */
export function makeLog(options: {
  readonly level: LogLevel;
  readonly destination: DestinationStream;
  readonly scrub: (line: string) => string;
}): Log {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: plainFields },
      serializers: { err: (error: unknown) => describeError(error) },
    },
    { write: (line) => options.destination.write(options.scrub(line)) },
  );
}

/** Shorter ones are left alone: they would eat ordinary words. */
const SHORTEST_SECRET = 8;
/** A part of a path that is this long is a credential and no word. */
const SHORTEST_SEGMENT = 16;
/** Rotated secrets do not stay for ever. */
const MOST_KNOWN = 1_000;

/** Replaces every live secret in a text, also where JSON, a URL or Basic authentication has escaped it. */
export function scrubber(secrets: () => Iterable<string>): (text: string) => string {
  const known = new Map<string, readonly string[]>();
  const formsOf = (secret: string): readonly string[] => {
    const before = known.get(secret);
    if (before !== undefined) return before;
    const forms = partsOf(secret)
      .filter((part) => part.length >= SHORTEST_SECRET)
      .flatMap(escapedForms);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(secret, forms);
    return forms;
  };
  return (text) => {
    const forms = [...new Set([...secrets()].flatMap(formsOf))];
    // The longest first: one may be part of another, whose rest would stay.
    forms.sort((a, b) => b.length - a.length);
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, '[secret]');
    return clean;
  };
}

/** A secret, and what is one by itself in it: of an address the password, the path with its query, and their values. */
function partsOf(secret: string): readonly string[] {
  const url = secret.includes('://') ? URL.parse(secret) : null;
  if (url === null) return [secret, secret.replace(/^whsec_/, '')];
  const password = plain(url.password);
  const segments = url.pathname.split('/').filter((segment) => segment.length >= SHORTEST_SEGMENT);
  return [
    secret,
    url.href,
    `${url.pathname}${url.search}`,
    ...url.searchParams.values(),
    ...segments,
    password,
    password === '' ? '' : Buffer.from(`${plain(url.username)}:${password}`).toString('base64'),
  ];
}

/** Without the escapes of a URL. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As it stands, as JSON has it, as JSON within JSON has it, and as a URL has it. */
function escapedForms(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const twice = JSON.stringify(escaped).slice(1, -1);
  return [twice, escaped, secret, encodeURIComponent(secret.toWellFormed())];
}

import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How deep a chain of causes is followed. Ours are at most three deep; the bound only stops a loop. */
const MAX_CAUSES = 5;

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * An error as the log shows it: name, code, message, stack and causes, and nothing that somebody hung onto it (clients
 * hang requests, headers and bodies onto errors).
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: 'something that is no Error was thrown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack.split('\n').slice(1, 8).join('\n') }),
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
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
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      redact: {
        paths: ['authorization', 'token', 'password', 'secret', '*.authorization', '*.token', '*.password', '*.secret'],
        censor: '[secret]',
      },
    },
    { write: (line) => options.destination.write(options.scrub(line)) },
  );
}

/** Replaces every live secret in a text. Short ones are left out: they would eat ordinary words. */
export function scrubber(secrets: () => Iterable<string>): (text: string) => string {
  const SHORTEST = 8;
  return (text) => {
    let clean = text;
    for (const secret of secrets()) {
      if (secret.length >= SHORTEST && clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
    }
    return clean;
  };
}

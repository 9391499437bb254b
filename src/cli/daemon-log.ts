import { LOG_LEVELS, type Log, type LogLevel, makeLog, scrubber } from '../telemetry/log.ts';
import { EXIT, UserError } from './exit.ts';
import type { Io } from './io.ts';

/** The daemon's log on stderr: JSON lines, or lines for people on a terminal. `LOG_LEVEL` sets the level. */
export async function daemonLog(
  io: Io,
  fallback: LogLevel = 'info',
): Promise<{
  readonly log: Log;
  readonly onSecrets: (secrets: readonly string[]) => void;
  readonly flush: () => void;
}> {
  const level = logLevel(io.env.LOG_LEVEL, fallback);
  let secrets: readonly string[] = [];
  const human = io.errIsTty ? await prettyLines() : null;
  const destination = human ?? { write: (line: string) => io.err(line) };
  const log = makeLog({ level, destination, scrub: scrubber(() => secrets) });
  io.onCrash((error) => {
    log.fatal({ err: error }, 'something failed that nobody had expected, so the daemon ends');
    human?.end();
  });
  return {
    log,
    onSecrets: (now) => {
      secrets = now;
      io.hide(now);
    },
    flush: () => {
      human?.end();
    },
  };
}

/** Loaded where there is a terminal only: a daemon has no use for it, and it takes time and memory. */
async function prettyLines() {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' });
}

function logLevel(text: string | undefined, fallback: LogLevel): LogLevel {
  if (text === undefined || text === '') return fallback;
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new UserError(`LOG_LEVEL is one of ${LOG_LEVELS.join(', ')}, not "${text}"`, EXIT.usage);
  return level;
}

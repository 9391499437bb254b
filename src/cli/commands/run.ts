import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RedisUnreachable } from '../../app/client.ts';
import { systemClock } from '../../app/clock.ts';
import { startDaemon } from '../../app/daemon.ts';
import { InvalidInput } from '../../app/load.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { configOptions, sharedOptions } from '../context.ts';
import { daemonLog } from '../daemon-log.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Io } from '../io.ts';

/** `lamplighter run`: the daemon. */
export function runCommand(program: Command, io: Io): void {
  program
    .command('run')
    .description('run the daemon')
    .option('--listen <host:port>', 'where to listen; overrides the configuration')
    .option('--mode <mode>', 'observe or enforce, for policies that do not say; overrides the configuration')
    .action(async (options: { listen?: string; mode?: string }, command: Command) => {
      const overrides = configOptions(command, io, options);
      const file = resolve(io.cwd, sharedOptions(command).config);
      const { log, onSecrets, flush } = daemonLog(io);
      try {
        const daemon = await startDaemon({
          readConfig: () => readConfigFile(file, io.cwd, overrides),
          cwd: io.cwd,
          clock: systemClock,
          random: Math.random,
          log,
          onSecrets,
          onEvent: () => {},
          signal: io.signal,
        });
        io.onReload(() => {
          void daemon.reload().catch((error: unknown) => log.error({ err: error }, 'a reload failed'));
        });
        await stopAsked(io.signal);
        log.info('stopping');
        await daemon.stop();
        log.info('stopped');
      } catch (error) {
        throw startFailure(error);
      } finally {
        flush();
      }
    });
}

/** Resolves at the first signal to stop. */
export function stopAsked(signal: AbortSignal): Promise<void> {
  const { promise, resolve: asked } = Promise.withResolvers<void>();
  if (signal.aborted) asked();
  else signal.addEventListener('abort', () => asked(), { once: true });
  return promise;
}

/** What kept the daemon from starting, as a sentence where a person can mend it. */
export function startFailure(error: unknown): unknown {
  if (error instanceof InvalidInput || error instanceof UserError) return error;
  if (error instanceof RedisUnreachable) {
    const why = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return new UserError(`${error.message}${why}`, EXIT.failed, { cause: error });
  }
  if (error instanceof Error && error.message.startsWith('cannot listen on'))
    return new UserError(error.message, EXIT.failed, { cause: error });
  return error;
}

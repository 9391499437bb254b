import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../app/clock.ts';
import { startDaemon } from '../../app/daemon.ts';
import { formatDuration } from '../../calendar/duration.ts';
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
      const { log, onSecrets, flush } = await daemonLog(io);
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
        await Promise.race([stopAsked(io.signal), daemon.unsafe.then((stepMs) => endNow(daemon, stepMs))]);
        log.info('stopping');
        const drained = await daemon.stop();
        log.info('stopped');
        if (!drained)
          throw new UserError('it ended before everything was written down; the next start goes on from the ledger');
      } finally {
        flush();
      }
    });
}

/** Time for the ledger to hear what became of calls that were broken off; what does not make it is found by reading. */
const LAST_WORDS_MS = 5_000;

/** The wall clock was set back: a process that starts anew knows what time it is. @throws UserError, always */
export async function endNow(daemon: { stop(): Promise<unknown> }, stepMs: number): Promise<never> {
  const enough = new AbortController();
  const late = systemClock.sleep(LAST_WORDS_MS, enough.signal);
  await Promise.race([late, daemon.stop()]).catch(() => {});
  enough.abort(new Error('stopped'));
  late.catch(() => {});
  throw new UserError(
    `the wall clock was set back by ${formatDuration(Math.round(-stepMs / 1000) * 1000)}; start again`,
    EXIT.clock,
  );
}

/** Resolves at the first signal to stop. */
export function stopAsked(signal: AbortSignal): Promise<void> {
  const { promise, resolve: asked } = Promise.withResolvers<void>();
  if (signal.aborted) asked();
  else signal.addEventListener('abort', () => asked(), { once: true });
  return promise;
}

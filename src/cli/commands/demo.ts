import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { isFree } from '../../app/is-free.ts';
import { formatDuration } from '../../calendar/duration.ts';
import { parseListen } from '../../config/addresses.ts';
import type { Listen } from '../../config/config.ts';
import { daemonLog } from '../daemon-log.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Io } from '../io.ts';
import { printable } from '../table.ts';
import { endNow, stopAsked } from './run.ts';

/** Where the demo's configuration and policies are: beside the program. */
const DEMO_FOLDER = fileURLToPath(new URL('../../../demo', import.meta.url));
/** Two hours a minute: a lunch break passes while one watches. */
const SPEED = '120';

/** `lamplighter demo`: the daemon over a simulated fleet, with a Redis of its own. */
export function demoCommand(program: Command, io: Io): void {
  program
    .command('demo')
    .description('run the daemon on a simulated fleet, with an embedded Redis and a clock that goes fast')
    .option('--listen <host:port>', 'where to listen; default 127.0.0.1:8080, or a free port where that is taken')
    .option('--data <dir>', 'where the demo keeps what it needs to go on', 'data')
    .addOption(new Option('--speed <factor>', 'how many times as fast the clock goes').default(SPEED))
    .option('--fresh', 'begin anew instead of going on where the last demo stopped')
    .action(async (options: { listen?: string; data: string; speed: string; fresh?: boolean }) => {
      const speed = Number(options.speed);
      if (!(speed >= 1 && speed <= 1000))
        throw new UserError(`--speed is a number from 1 to 1000, not "${options.speed}"`, EXIT.usage);
      const listen = options.listen === undefined ? await usualListen() : parseListen(options.listen);
      if (listen === null) {
        throw new UserError(`--listen is HOST:PORT such as 127.0.0.1:8080, not "${options.listen}"`, EXIT.usage);
      }
      const { log, onSecrets, flush } = await daemonLog(io, 'warn');
      try {
        // Loaded here, with the simulated clouds that come along: no other command needs them.
        const { startDemo } = await import('../../app/demo.ts');
        const demo = await startDemo({
          folder: DEMO_FOLDER,
          dataDir: resolve(io.cwd, options.data),
          cwd: io.cwd,
          listen,
          speed,
          fresh: options.fresh === true,
          redisUrl: io.env.REDIS_URL === '' ? undefined : io.env.REDIS_URL,
          log,
          onSecrets,
          onLine: (line) => io.out(`${printable(line)}\n`),
          signal: io.signal,
        });
        io.out(
          `Lamplighter is running over ${demo.instances} simulated instances; one minute here is ${formatDuration(Math.round(speed) * 60_000)} there.\n`,
        );
        io.out(`Open ${demo.origin}  ·  metrics ${demo.origin}/metrics  ·  Ctrl-C ends it\n`);
        io.out(
          `To hold, pause and approve there, sign in with the token in ${relative(io.cwd, demo.controlTokenFile)}\n`,
        );
        io.out(
          `Ask it: bin/lamplighter --demo instances   (or plan, operations, why NAME, hold NAME --for 4h --reason …)\n\n`,
        );
        demo.begin();
        io.onReload(() => {
          void demo.reload();
        });
        await Promise.race([stopAsked(io.signal), demo.unsafe.then((stepMs) => endNow(demo, stepMs))]);
        io.out('stopping…\n');
        await demo.stop();
        io.out('stopped; the next start goes on from here\n');
      } finally {
        flush();
      }
    });
}

/** Where a demo listens that nobody told: a newcomer's 8080 is often taken, and then any free port will do. */
async function usualListen(): Promise<Listen> {
  const usual = { host: '127.0.0.1', port: 8080 };
  return (await isFree(usual)) ? usual : { ...usual, port: 0 };
}

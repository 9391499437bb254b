import { enableCompileCache } from 'node:module';

// A daemon to be struck: `lamplighter run`, but on a clock that its parent tells the time, and with fault points around
// its ledger, queue and clouds. Its one argument is the JSON of `launchSchema`. Its log goes to stderr, without the last
// net that takes secrets out of lines: they must not have been in there.
enableCompileCache();
const { dirname } = await import('node:path');
const { startDaemon } = await import('../../src/app/daemon.ts');
const { readConfigFile } = await import('../../src/config/config-file.ts');
const { makeLog } = await import('../../src/telemetry/log.ts');
const { TestClock } = await import('../support/clock.ts');
const { FaultPoints } = await import('./fault-points.ts');
const { launchSchema } = await import('./launch.ts');
const { Mailbox } = await import('./mailbox.ts');

const launch = launchSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const mailbox = new Mailbox();
// A process that was started ahead of its time waits here, with everything loaded.
const clock = new TestClock(launch.standby ? await mailbox.begin() : launch.at);
mailbox.onTime((at) => clock.pass(at - clock.now()));
const points = new FaultPoints({
  strikes: launch.standby ? mailbox.strikes : launch.strikes,
  onReached: (point, subject, struck) => mailbox.tell({ kind: 'reached', point, ...subject, struck }),
  onGo: () => mailbox.go(),
});

// What `lamplighter run` does, and what it exits with, is in src/cli; here the exit code only tells a good end from a bad one.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));
// Nobody is left to tell the time.
process.once('disconnect', () => process.exit(1));

const daemon = await startDaemon({
  readConfig: () => readConfigFile(launch.configFile, dirname(launch.configFile), { environment: {} }),
  cwd: dirname(launch.configFile),
  clock,
  random: Math.random,
  log: makeLog({
    level: launch.level,
    destination: { write: (line) => void process.stderr.write(line) },
    scrub: (line) => line,
  }),
  onSecrets: () => {},
  onEvent: () => {},
  signal: stop.signal,
  ...(launch.limits === undefined ? {} : { limits: launch.limits }),
  decorate: (work) => points.decorate(work),
});
const end = async () => {
  await daemon.stop();
  process.exit(0);
};
if (stop.signal.aborted) await end();
else stop.signal.addEventListener('abort', () => void end(), { once: true });

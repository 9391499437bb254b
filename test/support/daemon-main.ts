import { enableCompileCache } from 'node:module';

// A daemon to be killed: `lamplighter run`, but on a clock that its parent tells the time. Its log goes to stderr.
enableCompileCache();
const { dirname } = await import('node:path');
const { startDaemon } = await import('../../src/app/daemon.ts');
const { readConfigFile } = await import('../../src/config/config-file.ts');
const { makeLog } = await import('../../src/telemetry/log.ts');
const { TestClock } = await import('./clock.ts');

const [configFile = '', startAt = ''] = process.argv.slice(2);
const clock = new TestClock(Number(startAt));
const stop = new AbortController();

process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('at' in message) || typeof message.at !== 'number') return;
  clock.pass(message.at - clock.now());
  process.send?.('heard');
});

const daemon = await startDaemon({
  readConfig: () => readConfigFile(configFile, dirname(configFile), { environment: {} }),
  cwd: dirname(configFile),
  clock,
  random: Math.random,
  log: makeLog({
    level: 'debug',
    destination: { write: (line) => void process.stderr.write(line) },
    scrub: (line) => line,
  }),
  onSecrets: () => {},
  onEvent: () => {},
  signal: stop.signal,
});

process.once('SIGTERM', () => {
  void daemon.stop().then(() => process.exit(0));
});
// Nobody is left to tell the time.
process.once('disconnect', () => process.exit(1));

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { zoneNamed } from '../calendar/zone.ts';
import type { Listen } from '../config/config.ts';
import { readConfigFile } from '../config/config-file.ts';
import { demoFleet } from '../simulator/demo-fleet.ts';
import { runPushAgent } from '../simulator/push-agent.ts';
import { parseSavedState } from '../simulator/saved-state.ts';
import { Simulator } from '../simulator/simulator.ts';
import type { Log } from '../telemetry/log.ts';
import { Cleanups } from './cleanups.ts';
import { fasterClock } from './clock.ts';
import { startDaemon } from './daemon.ts';
import { dropDemoClock, saveDemoClock } from './demo-clock.ts';
import { DemoReceiver } from './demo-receiver.ts';
import { EmbeddedRedis } from './embedded-redis.ts';
import { DEMO_KEY_PREFIX } from './key-prefix.ts';
import { ensureStateDir } from './state-dir.ts';

/** The state is written this often, so that a demo that is killed goes on from not long before. */
const SAVE_EVERY_MS = 5_000;
/** Agents of instances report at this pace, by the simulated clock. */
const REPORT_EVERY_MS = 60_000;
/** A demo begins shortly before lunch, so that the lights go out and on again within its first minute. */
const BEGIN_HOUR = 11;
const BEGIN_MINUTE = 50;

const SAVED = z.object({ version: z.literal(1), now: z.number(), controlToken: z.string(), simulator: z.unknown() });

export interface DemoOptions {
  /** The folder with lamplighter.yaml and policies/. */
  readonly folder: string;
  readonly dataDir: string;
  readonly cwd: string;
  readonly listen: Listen;
  /** How many times as fast as real time. */
  readonly speed: number;
  readonly fresh: boolean;
  readonly redisUrl: string | undefined;
  readonly log: Log;
  readonly onSecrets: (secrets: readonly string[]) => void;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
  /** Given the clouds before anybody asks them anything: a bad day may be arranged. */
  readonly onClouds?: (clouds: Simulator) => void;
}

export interface Demo {
  readonly origin: string;
  readonly instances: number;
  /** A configuration that the other commands can be given. */
  readonly configFile: string;
  /** What lets people act in the console. */
  readonly controlTokenFile: string;
  /** Lets the told lines out; before, they are kept, so that the first words are ours. */
  begin(): void;
  /** As of the daemon: the clock that the queue goes by was set back. */
  readonly unsafe: Promise<number>;
  reload(): Promise<unknown>;
  stop(): Promise<void>;
}

/** The daemon over simulated clouds, with an embedded Redis that stops last. @throws what `startDaemon` throws */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const cleanups = new Cleanups();
  try {
    return await build(options, cleanups);
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

async function build(options: DemoOptions, cleanups: Cleanups): Promise<Demo> {
  const dir = join(options.dataDir, 'demo');
  if (options.fresh) await rm(dir, { recursive: true, force: true });
  await ensureStateDir(dir, options.signal);
  const stateFile = join(dir, 'state.json');
  const saved = await readState(stateFile);

  let redisUrl = options.redisUrl;
  if (redisUrl === undefined) {
    const redis = new EmbeddedRedis({ dir: join(dir, 'redis') });
    cleanups.add('embedded Redis', () => redis.stop());
    await redis.start();
    redisUrl = redis.url;
  }

  const clock = fasterClock(saved?.now ?? firstMoment(Date.now()), options.speed);
  const simulator = new Simulator({
    clock,
    accounts: demoFleet(clock.now()),
    ...(saved === null ? {} : { state: parseSavedState(saved.simulator) }),
  });
  cleanups.add('simulated clouds', () => simulator.stop());
  options.onClouds?.(simulator);
  await simulator.start();

  const controlToken = saved?.controlToken ?? randomBytes(24).toString('base64url');
  const save = async () => {
    const text = JSON.stringify({ version: 1, now: clock.now(), controlToken, simulator: simulator.save() });
    await writeFile(`${stateFile}.new`, text, { mode: 0o600 });
    await rename(`${stateFile}.new`, stateFile);
  };
  cleanups.add('state of the demo', save);
  const saving = setInterval(
    () =>
      void save().catch((error: unknown) => options.log.warn({ err: error }, 'the state of the demo was not written')),
    SAVE_EVERY_MS,
  );
  cleanups.add('saving', () => clearInterval(saving));

  await saveDemoClock(dir, { at: Date.now(), now: clock.now(), speed: options.speed });
  cleanups.add('clock of the demo', () => dropDemoClock(dir));
  const configFile = join(dir, 'lamplighter.yaml');
  const receiver = new DemoReceiver();
  cleanups.add('receiver of notifications', () => receiver.stop());
  await receiver.start();
  const secrets = join(dir, 'secrets');
  await writeSecrets(secrets, {
    ...Object.fromEntries(demoFleet(0).map(({ name, token }) => [name, token])),
    hook: receiver.url,
    control: controlToken,
  });
  await writeConfig(options, configFile, {
    DEMO_POLICIES: join(options.folder, 'policies'),
    DEMO_REDIS: redisUrl,
    DEMO_CLOUDS: simulator.origin,
    DEMO_STATE: dir,
    DEMO_SECRETS: secrets,
  });

  const kept: string[] = [];
  let begun = false;
  const zone = zoneNamed('Asia/Shanghai');
  const tellLine = (text: string) => {
    const wall = new Date(clock.now() + zone.offsetMs(clock.now())).toISOString();
    const line = `${wall.slice(5, 10)} ${wall.slice(11, 16)}  ${text}`;
    if (begun) options.onLine(line);
    else kept.push(line);
  };
  const daemon = await startDaemon({
    readConfig: () =>
      readConfigFile(configFile, options.cwd, { environment: {}, overrides: { listen: options.listen } }),
    cwd: options.cwd,
    clock,
    random: Math.random,
    log: options.log,
    onSecrets: options.onSecrets,
    onEvent: tellLine,
    signal: options.signal,
    prefix: DEMO_KEY_PREFIX,
  });
  cleanups.add('daemon', async () => {
    await daemon.stop();
  });

  const agents = new AbortController();
  const { tokens } = daemon;
  const reporting =
    tokens === null
      ? Promise.resolve()
      : runPushAgent({
          simulator,
          instances: simulator.account('hxy-main').instances.map(({ id }) => {
            const instance = `hxy-main/${id}`;
            return { instance, token: tokens.tokenFor(instance) };
          }),
          daemon: daemon.origin,
          everyMs: REPORT_EVERY_MS,
          signal: agents.signal,
        });
  cleanups.add('agents', async () => {
    agents.abort(new Error('the demo stops'));
    await reporting;
  });

  return {
    origin: daemon.origin,
    instances: simulator.accounts.reduce((sum, account) => sum + account.instances.length, 0),
    configFile,
    controlTokenFile: join(secrets, 'control'),
    begin: () => {
      begun = true;
      for (const line of kept.splice(0)) options.onLine(line);
    },
    unsafe: daemon.unsafe,
    reload: () => daemon.reload(),
    stop: () => cleanups.run(),
  };
}

/** Today shortly before lunch in Shanghai. */
function firstMoment(now: number): number {
  return Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO('Asia/Shanghai')
    .with({ hour: BEGIN_HOUR, minute: BEGIN_MINUTE, second: 0, millisecond: 0 }).epochMilliseconds;
}

async function readState(file: string): Promise<z.infer<typeof SAVED> | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = SAVED.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${file} is not the state of a demo; remove it, or start with --fresh`);
  return parsed.data;
}

/** One file a secret, readable by us alone, as they are kept in earnest. */
async function writeSecrets(dir: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, secret] of Object.entries(secrets))
    await writeFile(join(dir, name), `${secret}\n`, { mode: 0o600 });
}

/** The demo's configuration with its addresses filled in, so that every other command can be given it. */
async function writeConfig(
  options: DemoOptions,
  file: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const original = join(options.folder, 'lamplighter.yaml');
  const template = await readFile(original, 'utf8');
  const text = template
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/"?\$\{(DEMO_[A-Z]+)\}([^\s",]*)"?/g, (_all, name: string, rest: string) =>
      JSON.stringify(`${values[name] ?? ''}${rest}`),
    );
  await writeFile(file, `# Written by lamplighter demo at each start from ${JSON.stringify(original)}.\n${text}`, {
    mode: 0o600,
  });
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Client, openClient } from '../app/client.ts';
import { systemClock } from '../app/clock.ts';
import { demoClock } from '../app/demo-clock.ts';
import { DEMO_KEY_PREFIX, KEY_PREFIX } from '../app/key-prefix.ts';
import { configOrThrow } from '../app/load.ts';
import { secretsOf } from '../app/standing.ts';
import { parseListen } from '../config/addresses.ts';
import type { Config } from '../config/config.ts';
import { readConfigFile } from '../config/config-file.ts';
import type { ConfigOptions } from '../config/load-config.ts';
import type { Clock } from '../fleet/clock.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import type { Mode } from '../policy/policy.ts';
import { EXIT, UserError } from './exit.ts';
import type { Io } from './io.ts';

export interface Overrides {
  readonly listen?: string;
  readonly mode?: string;
  /** `unneeded`: the command speaks to nobody, and works where no secret is. */
  readonly secrets?: 'unneeded';
}

/** The options that every command shares, wherever on the line they stand. */
export function sharedOptions(command: Command): {
  readonly config: string;
  readonly policies: string | undefined;
  readonly demo: boolean;
} {
  const all: { config?: unknown; policies?: unknown; demo?: unknown } = command.optsWithGlobals();
  const demo = all.demo === true;
  return {
    config: demo ? DEMO_CONFIG : typeof all.config === 'string' ? all.config : 'lamplighter.yaml',
    policies: typeof all.policies === 'string' ? all.policies : undefined,
    demo,
  };
}

/** The same as words of a command line, as far as they were given: for one that is to be typed next. */
export function sameOptions(command: Command): readonly string[] {
  const { config, policies, demo } = sharedOptions(command);
  const isNamed = !demo && command.getOptionValueSourceWithGlobals('config') === 'cli';
  return [
    ...(demo ? ['--demo'] : []),
    ...(isNamed ? ['--config', config] : []),
    ...(policies === undefined ? [] : ['--policies', policies]),
  ];
}

/** Where `lamplighter demo` keeps its configuration, unless it is told otherwise. */
const DEMO_CONFIG = 'data/demo/lamplighter.yaml';

/** The clock of a command: the demo's own where it asks the demo. */
export async function clockFor(config: Config, demo: boolean): Promise<Clock> {
  if (!demo) return systemClock;
  const clock = await demoClock(config.stateDir);
  if (clock === null) throw new UserError('no demo runs here; start one with: npm start');
  return clock;
}

function isMode(text: string): text is Mode {
  return text === 'observe' || text === 'enforce';
}

/** What the command line says over the file. @throws UserError */
export function configOptions(command: Command, io: Io, overrides: Overrides = {}): ConfigOptions {
  const { policies } = sharedOptions(command);
  const { mode, secrets } = overrides;
  if (mode !== undefined && !isMode(mode))
    throw new UserError(`--mode is observe or enforce, not "${mode}"`, EXIT.usage);
  const listen = overrides.listen === undefined ? undefined : parseListen(overrides.listen);
  if (listen === null)
    throw new UserError(`--listen is HOST:PORT such as 127.0.0.1:8080, not "${overrides.listen}"`, EXIT.usage);
  return {
    environment: io.env,
    ...(secrets === undefined ? {} : { secrets }),
    overrides: {
      ...(policies === undefined ? {} : { policiesDir: resolve(io.cwd, policies) }),
      ...(listen === undefined ? {} : { listen }),
      ...(mode === undefined ? {} : { mode }),
    },
  };
}

/** Reads the configuration a command works with. @throws InvalidInput */
export async function readConfig(command: Command, io: Io, overrides: Overrides = {}): Promise<Config> {
  const { config } = sharedOptions(command);
  const read = configOrThrow(await readConfigFile(config, io.cwd, configOptions(command, io, overrides)));
  io.hide(secretsOf(read));
  return read;
}

/** Opens Redis and what is in force for a command, and closes it again. */
export async function withClient<T>(
  command: Command,
  io: Io,
  need: { readonly policies: 'needed' | 'unneeded' },
  run: (client: Client) => Promise<T>,
): Promise<T> {
  const config = await readConfig(command, io);
  const clock = await clockFor(config, sharedOptions(command).demo);
  const client = await openClient(config, {
    clock,
    prefix: sharedOptions(command).demo ? DEMO_KEY_PREFIX : KEY_PREFIX,
    cwd: io.cwd,
    policies: need.policies,
    signal: io.signal,
    warn: (text) => io.err(`${text}\n`),
  });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

/** The person at the keyboard, for the audit. */
export function person(io: Io, given: string | undefined): string {
  return given ?? io.env.LAMPLIGHTER_USER ?? io.env.SUDO_USER ?? io.env.USER ?? 'cli';
}

/** Refuses an account that is not configured: an empty answer would say that there is nothing. @throws UserError */
export function knownAccount(config: Config, name: string | undefined): void {
  const names = config.accounts.map((account) => account.name);
  if (name === undefined || names.includes(name)) return;
  throw new UserError(unknownName('account', name, names), EXIT.usage);
}

/** Ends a command whose wish was not granted. */
export function granted<T>(
  outcome:
    | { readonly kind: 'done'; readonly value: T }
    | { readonly kind: 'not-found' | 'invalid' | 'refused'; readonly message: string },
): T {
  if (outcome.kind === 'done') return outcome.value;
  throw new UserError(outcome.message, outcome.kind === 'invalid' ? EXIT.usage : EXIT.failed);
}

import { type Command, Option } from 'commander';
import { RedisUnreachable } from '../../app/client.ts';
import { DEMO_KEY_PREFIX, KEY_PREFIX } from '../../app/key-prefix.ts';
import { lookAtFleet } from '../../app/look-at-fleet.ts';
import { lookAtRedis } from '../../app/look-at-redis.ts';
import { secretsOf } from '../../app/standing.ts';
import type { Config } from '../../config/config.ts';
import { type Located, renderLocated } from '../../yaml/located.ts';
import { sharedOptions } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';
import { checkFiles } from '../validate-files.ts';

/** `lamplighter validate [FILES…]`: every mistake of configuration and policies, with its place. Offline, but for `--redis`. */
export function validateCommand(program: Command, io: Io): void {
  program
    .command('validate')
    .description('check the configuration and the policies; nothing is contacted, unless --redis or --fleet says so')
    .argument(
      '[files...]',
      'configuration or policy files to check instead of the usual ones; told apart by what they hold',
    )
    .option('--no-config', 'check policy files without a configuration: account names and abilities are not checked')
    .option('--redis', 'also ask Redis whether it is set up to keep a ledger of paid calls')
    .option(
      '--fleet',
      'also hold limits and reach against the fleet as last seen, and the policies in force; asks Redis',
    )
    .option('--strict', 'take warnings for errors')
    .addOption(new Option('--output <form>', 'how to print what was found').choices(['text', 'json']))
    .option('--json', 'the same as --output json')
    .action(async (files: string[], options: ValidateOptions, command: Command) => {
      if (options.redis === true && !options.config)
        throw new UserError('--redis needs the configuration, which --no-config leaves out', EXIT.usage);
      if (options.fleet === true && !options.config)
        throw new UserError('--fleet needs the configuration, which --no-config leaves out', EXIT.usage);
      const unseen: string[] = [];
      const lookAt = async (read: Config) => {
        const prefix = sharedOptions(command).demo ? DEMO_KEY_PREFIX : KEY_PREFIX;
        try {
          return await lookAtFleet(read, prefix, io.signal);
        } catch (error) {
          // Whether it is there has nothing to do with the mistakes in the files, which are told all the same.
          if (!(error instanceof RedisUnreachable)) throw error;
          unseen.push(error.message);
          return null;
        }
      };
      const { config, ...found } = await checkFiles(files, command, io, {
        withConfig: options.config,
        now: Date.now(),
        ...(options.fleet === true ? { lookAt } : {}),
      });
      if (config !== null) io.hide(secretsOf(config));
      const redis = options.redis === true && config !== null ? await askRedis(config, io) : null;
      const json = options.output === undefined ? options.json === true : options.output === 'json';
      report(io, { json, strict: options.strict === true }, { ...found, redis });
      if (unseen.length > 0) throw new UserError(`the fleet is not known: ${unseen.join('; ')}`, EXIT.failed);
    });
}

interface ValidateOptions {
  readonly config: boolean;
  readonly redis?: boolean;
  readonly fleet?: boolean;
  readonly json?: boolean;
  readonly output?: string;
  readonly strict?: boolean;
}

type RedisChecks = Awaited<ReturnType<typeof lookAtRedis>>;

/** What was found of Redis, or why it could not be asked. */
type Redis = { readonly kind: 'asked'; readonly checks: RedisChecks } | { readonly kind: 'away'; readonly why: string };

async function askRedis(config: Config, io: Io): Promise<Redis> {
  try {
    return { kind: 'asked', checks: await lookAtRedis(config, io.signal) };
  } catch (error) {
    // Whether it is there has nothing to do with the mistakes in the files, which are told all the same.
    if (!(error instanceof RedisUnreachable)) throw error;
    return { kind: 'away', why: error.message };
  }
}

/** Each thing asked of Redis with what was found and wanted, and below it how to mend what falls short. */
function showRedis(io: Io, redis: Redis): void {
  if (redis.kind === 'away') {
    io.out(`redis: ${redis.why}\n`);
    return;
  }
  const { checks, paidWork } = redis.checks;
  const rows = checks.map(({ name, found, wanted, ok }) => [ok ? 'ok' : 'short', name, found ?? '(not told)', wanted]);
  io.out(table(['', 'REDIS', 'FOUND', 'WANTED'], rows));
  for (const { ok, name, why, mend } of checks) if (!ok) io.out(`${name}: ${why}; to mend it: ${mend}\n`);
  io.out(
    paidWork === 'ok' ? 'redis: paid work may go on\n' : 'redis: falls short, so paid and destructive work is off\n',
  );
}

interface Findings {
  readonly errors: readonly Located[];
  readonly warnings: readonly Located[];
  readonly policies: number;
  readonly observing: boolean;
  /** `null`: not asked for. */
  readonly redis: Redis | null;
}

function report(
  io: Io,
  { json, strict }: { readonly json: boolean; readonly strict: boolean },
  { errors, warnings, policies, observing, redis }: Findings,
): void {
  const isValid = errors.length === 0 && !(strict && warnings.length > 0);
  const isShort = redis !== null && (redis.kind === 'away' || redis.checks.paidWork !== 'ok');
  if (json) {
    const plain = (located: Located) => ({
      file: located.file,
      line: located.line,
      column: located.column,
      message: located.message,
      hint: located.hint,
    });
    const { checks = [] } = redis?.kind === 'asked' ? redis.checks : {};
    printJson(io, {
      valid: isValid,
      policies,
      observing,
      errors: errors.map(plain),
      warnings: warnings.map(plain),
      ...(redis !== null && { redis: { ok: !isShort, error: redis.kind === 'away' ? redis.why : null, checks } }),
    });
  } else {
    for (const warning of warnings)
      io.err(`${renderLocated({ ...warning, message: `warning: ${warning.message}` })}\n`);
    for (const error of errors) io.out(`${renderLocated(error)}\n`);
    if (isValid) io.out(`valid: ${policies} ${policies === 1 ? 'policy' : 'policies'}\n`);
    if (isValid && observing)
      io.err('note: every policy only observes; nothing is done before one says mode: enforce\n');
    if (redis !== null) showRedis(io, redis);
  }
  if (errors.length > 0)
    throw new UserError(`${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`, EXIT.invalid);
  if (!isValid)
    throw new UserError(
      `${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}, which --strict takes for errors`,
      EXIT.invalid,
    );
  if (isShort) throw new UserError('Redis falls short of what paid work needs', EXIT.failed);
}

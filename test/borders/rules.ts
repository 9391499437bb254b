import type { OnlyRule, RoomRule, Rules, WordRule } from './check-borders.ts';

const ADAPTER =
  'adapters know the vocabulary and their own outside, and not each other: any of them can be swapped or tested alone';

const ROOMS: readonly RoomRule[] = [
  { room: 'version.ts', may: [], builtins: [], why: 'it is one constant' },
  { room: 'fleet', may: [], builtins: [], why: 'the vocabulary stands on nothing, so that everything can stand on it' },
  { room: 'calendar', may: ['fleet'], builtins: [], why: 'the calendar is arithmetic: time comes in as an argument' },
  { room: 'yaml', may: ['fleet'], builtins: [], why: 'it turns text into located values and knows no policy' },
  {
    room: 'policy',
    may: ['fleet', 'calendar', 'yaml'],
    // For fingerprints of policies: a hash computes, it reads nothing.
    builtins: ['node:crypto'],
    why: 'a policy is what its text says, whatever the machine, the hour and the fleet',
  },
  {
    room: 'decide',
    may: ['fleet', 'calendar', 'policy'],
    builtins: [],
    why: 'plan, simulate and run must decide alike, so a decision follows from its arguments alone',
  },
  {
    room: 'config',
    may: ['fleet', 'calendar', 'policy', 'yaml'],
    builtins: ['node:fs/promises', 'node:path', 'node:net'],
    why: 'configuration is read before anything exists that it configures',
  },
  { room: 'providers', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'activity', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'store', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'queue', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'notify', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'telemetry', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'recording', may: ['fleet'], builtins: 'any', why: ADAPTER },
  { room: 'web', may: ['fleet'], builtins: 'any', why: ADAPTER },
  {
    room: 'work',
    may: ['fleet', 'calendar', 'policy', 'decide', 'providers', 'telemetry'],
    mayTypes: ['activity', 'notify', 'store'],
    builtins: ['node:crypto'],
    why: 'the work joins what it is given; which Redis, queue and probes these are is for the app to say',
  },
  {
    room: 'app',
    may: [
      'fleet',
      'calendar',
      'yaml',
      'policy',
      'decide',
      'config',
      'providers',
      'activity',
      'store',
      'queue',
      'notify',
      'telemetry',
      'recording',
      'web',
      'work',
      'simulator',
      'version.ts',
    ],
    builtins: 'any',
    why: 'the app wires everything and is started from outside: it knows no arguments, signals or exit codes',
  },
  {
    room: 'cli',
    may: ['app', 'config', 'fleet', 'calendar', 'yaml', 'policy', 'providers', 'telemetry', 'version.ts'],
    builtins: 'any',
    why: 'a command asks the app and prints: what reaches Redis, the queue or the ledger by itself would go round its guards',
  },
  {
    room: 'simulator',
    may: [],
    builtins: 'any',
    why: 'a fake that shared code with the clients it tests would share their mistakes',
  },
];

const ONE_FILE = 'one file per library: an upgrade or a swap touches that file';

const ONLY: readonly OnlyRule[] = [
  { what: 'bullmq', where: ['src/queue/queue.ts'], why: ONE_FILE },
  {
    what: 'ioredis',
    where: ['src/store/connection.ts'],
    why: `${ONE_FILE}, and the ledger’s connection must not resend`,
  },
  {
    what: 'undici',
    where: ['src/providers/http/transport.ts', 'src/providers/http/send-connection.ts'],
    why: 'the two ways out of the clients, reads and sends, and no third: what leaves twice is paid twice',
  },
  { what: 'croner', where: ['src/calendar/cron.ts'], why: ONE_FILE },
  { what: 'yaml', where: ['src/yaml/read-document.ts'], why: `${ONE_FILE}, and its limits are set there` },
  { what: 'prom-client', where: ['src/telemetry/metrics.ts'], why: ONE_FILE },
  { what: 'pino', where: ['src/telemetry/log.ts'], why: `${ONE_FILE}, and secrets are taken out there` },
  { what: 'pino-pretty', where: ['src/cli/daemon-log.ts'], why: ONE_FILE },
  { what: 'hono', where: ['src/web/'], why: 'the web room is the only one that speaks HTTP to people' },
  { what: '@hono/node-server', where: ['src/web/server.ts'], why: ONE_FILE },
  { what: 'commander', where: ['src/cli/'], why: 'only commands have arguments' },
  {
    what: 'ssh2',
    where: ['src/activity/ssh/ssh-client.ts'],
    why: `${ONE_FILE}, and the host key is looked at there before a password leaves`,
  },
  { what: 'nodemailer', where: ['src/notify/email.ts'], why: ONE_FILE },
  { what: 'chokidar', where: ['src/app/policy-watch.ts'], why: ONE_FILE },
  { what: '@inquirer/prompts', where: ['src/cli/asker.ts'], why: ONE_FILE },
  { what: 'cli-table3', where: ['src/cli/table.ts'], why: ONE_FILE },
  {
    what: 'zod',
    where: [
      'src/policy/',
      'src/yaml/',
      'src/config/',
      'src/providers/',
      'src/activity/',
      'src/store/',
      'src/queue/',
      'src/recording/',
      'src/web/',
      'src/app/',
      'src/simulator/',
    ],
    why: 'shapes are checked at the doors; behind them types hold, and nobody checks again',
  },
  {
    what: 'src/simulator/',
    where: ['src/app/demo*', 'src/app/simulate/'],
    why: 'the daemon that runs a real fleet holds no fake one; only the demo and simulate, which are commands, do',
  },
  {
    what: 'node:child_process',
    where: ['src/app/embedded-redis.ts'],
    why: 'the embedded Redis is the only program that is ever started',
  },
];

const PURE = ['fleet', 'calendar', 'yaml', 'policy', 'decide'];

const WORDS: readonly WordRule[] = [
  {
    rooms: PURE,
    words: [/\bawait\b/, /\basync\b/],
    why: 'what needs to wait is no decision yet: these rooms compute, and the same arguments give the same answer',
  },
  {
    rooms: PURE,
    words: [/\bDate\.now\b/, /\bnew Date\(\s*\)/, /\bDate\(\s*\)/, /\bTemporal\.Now\b/, /\bperformance\b/],
    why: 'the time is asked once per pass and handed down; two readings in one decision can straddle midnight',
  },
  {
    rooms: PURE,
    words: [/\bMath\.random\b/, /\brandomUUID\b/, /\bgetRandomValues\b/],
    why: 'a decision that throws dice cannot be planned, tested or explained',
  },
  {
    rooms: PURE,
    words: [/\bset(?:Timeout|Interval|Immediate)\b/, /\bqueueMicrotask\b/, /\bprocess\b/, /\bfetch\b/, /\bconsole\b/],
    why: 'these rooms reach nothing outside their arguments',
  },
  {
    // The simulator has a process of its own for measurements, with a main file of its own.
    rooms: [
      'app',
      'work',
      'config',
      'providers',
      'activity',
      'store',
      'queue',
      'notify',
      'telemetry',
      'recording',
      'web',
    ],
    words: [/\bprocess\.(?:env|argv|exit)\b/],
    why: 'only the command line knows environment, arguments and exit codes, so that tests run the whole daemon in-process',
  },
];

export const RULES: Rules = { rooms: ROOMS, only: ONLY, words: WORDS };

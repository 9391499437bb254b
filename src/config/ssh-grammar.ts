import { z } from 'zod';
import { formatDuration } from '../calendar/duration.ts';
import { SSH_OPTIONAL } from '../fleet/ssh-settings.ts';
import { duration } from '../policy/grammar-parts.ts';

/** What is filled in for each instance. */
const PLACEHOLDERS = ['{id}', '{name}', '{account}'];
const HOST = /^(?:[A-Za-z0-9_](?:[\w.-]{0,252})|[\da-fA-F:.]{2,45})$/;
const USER = /^[A-Za-z_][\w.-]{0,63}$/;
const KEEP_FILE = /^(?:~\/|\/)[^\0\n\r]{1,500}$/;
const SHORTEST_TIMEOUT_MS = 5_000;
const LONGEST_TIMEOUT_MS = 60_000;

const host = z.string().superRefine((text, context) => {
  const wrong = (message: string, params = {}) => context.addIssue({ code: 'custom', message, params });
  for (const { 0: found, index } of text.matchAll(/\{[^{}]*\}?|\}/g)) {
    if (PLACEHOLDERS.includes(found)) continue;
    const params = { offset: index, length: found.length };
    wrong(
      `nothing is filled in for ${JSON.stringify(found.slice(0, 40))}; there are ${PLACEHOLDERS.join(', ')}`,
      params,
    );
  }
  if (!HOST.test(text.replaceAll(/\{[^{}]*\}?/g, 'x'))) wrong('host must be a name or an address, without a port');
});

const amount = (description: string, example: number) =>
  z
    .number()
    .positive()
    .optional()
    .meta({ description, examples: [example] });

/** The `ssh` probe: everything may be left out, then the cloud's listing says where and with which password. */
export const sshGrammar = z
  .strictObject({
    host: host.optional().meta({
      description: 'Where it is, with {id}, {name} and {account} filled in; without it what the cloud lists.',
      examples: ['{name}.gpu.example.com'],
    }),
    port: z.int().min(1).max(65_535).optional().meta({ description: 'Without it what the cloud lists, or 22.' }),
    user: z
      .string()
      .regex(USER, 'is no user name')
      .optional()
      .meta({ description: 'Without it what the cloud lists, or root.' }),
    password: z.string().optional().meta({ description: `Without it what the cloud lists; as \${VARIABLE}.` }),
    passwordFile: z.string().min(1).optional().meta({ description: 'File that holds the password.' }),
    privateKeyFile: z.string().min(1).optional().meta({ description: 'File that holds a private key, for OpenSSH.' }),
    passphrase: z.string().optional().meta({ description: `Of the private key; as \${VARIABLE}.` }),
    passphraseFile: z.string().min(1).optional().meta({ description: "File that holds the key's passphrase." }),
    keepAliveFile: z
      .string()
      .regex(KEEP_FILE, 'must begin with / or ~/')
      .optional()
      .meta({ description: 'File on the machine by which people there keep it (~/.lamplighter-keep).' }),
    optional: z
      .array(z.enum(SSH_OPTIONAL))
      .optional()
      .meta({ description: 'What the machine need not be able to show.', examples: [['disk']] }),
    thresholds: z
      .strictObject({
        gpuPercent: amount('Utilisation of any one card (5).', 5),
        cpuPercent: amount('Of one core (5).', 5),
        diskBytesPerSecond: amount('Read and written (500000).', 500_000),
        networkBytesPerSecond: amount('Both ways (10000).', 10_000),
        terminal: duration('Input on a terminal counts for so long (3m).', ['3m']).optional(),
      })
      .optional()
      .meta({ description: 'From where on something counts as activity.' }),
    timeout: duration('For one look at a machine, 5s to 60s (30s).', ['30s'])
      .refine((ms) => ms >= SHORTEST_TIMEOUT_MS && ms <= LONGEST_TIMEOUT_MS, {
        error: ({ input }) => `must be from 5s to 60s, not ${formatDuration(Number(input))}`,
      })
      .optional(),
  })
  .superRefine((ssh, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] });
    const hasKey = ssh.privateKeyFile !== undefined;
    if (hasKey && ssh.password !== undefined) wrong('password', 'a password and a private key are both set; keep one');
    if (hasKey && ssh.passwordFile !== undefined) {
      wrong('passwordFile', 'a password and a private key are both set; keep one');
    }
    if (!hasKey && ssh.passphrase !== undefined) wrong('passphrase', 'there is no privateKeyFile that it opens');
    if (!hasKey && ssh.passphraseFile !== undefined)
      wrong('passphraseFile', 'there is no privateKeyFile that it opens');
  });

export type SshText = z.output<typeof sshGrammar>;

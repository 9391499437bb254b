import { styleText } from 'node:util';
import type { Command } from 'commander';
import { examine } from '../../app/doctor/examine.ts';
import { type Finding, findingsOf, type Level } from '../../app/doctor/finding.ts';
import { DEMO_KEY_PREFIX, KEY_PREFIX } from '../../app/key-prefix.ts';
import { loadPolicies } from '../../app/load.ts';
import { secretsOf } from '../../app/standing.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { readSecretFile } from '../../config/secret-files.ts';
import { makeLog } from '../../telemetry/log.ts';
import type { Located } from '../../yaml/located.ts';
import { clockFor, configOptions, sharedOptions } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable } from '../table.ts';

/** `lamplighter doctor`: looks at everything that the daemon needs, and says what to mend. Changes nothing. */
export function doctorCommand(program: Command, io: Io): void {
  program
    .command('doctor')
    .description(
      'look at the configuration, Redis, clouds, clocks, permissions, probes and policies, and say what to mend',
    )
    .option('--send', 'send every notifier a message that says that it is a test')
    .option('--json', 'print JSON')
    .action(async (options: { send?: boolean; json?: boolean }, command: Command) => {
      const findings = await look(command, io, options.send === true);
      const broken = findings.filter(({ level }) => level === 'broken').length;
      if (options.json === true) printJson(io, { ok: broken === 0, findings });
      else show(io, findings);
      if (broken > 0)
        throw new UserError(`${broken} ${broken === 1 ? 'thing is' : 'things are'} to be mended`, EXIT.failed);
    });
}

async function look(command: Command, io: Io, send: boolean): Promise<readonly Finding[]> {
  const { config: file, demo } = sharedOptions(command);
  const secretFiles = new Set<string>();
  const read = await readConfigFile(file, io.cwd, {
    ...configOptions(command, io),
    readSecret: async (path) => {
      secretFiles.add(path);
      // Who may read it is told with everything else about the files.
      return { ...(await readSecretFile(path)), worldReadable: false };
    },
  });
  if (!read.ok) return [...read.errors.map(mistake), ...read.warnings.map(oddity)];
  const { config } = read;
  io.hide(secretsOf(config));
  const clock = await clockFor(config, demo);
  const loaded = await loadPolicies(config, io.cwd, clock.now());
  const texts = findingsOf('configuration');
  const found = await examine({
    config,
    policies: loaded.ok ? loaded.set.policies : null,
    secretFiles: [...secretFiles],
    clock,
    prefix: demo ? DEMO_KEY_PREFIX : KEY_PREFIX,
    machine: {
      node: process.versions.node,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    uid: process.getuid?.() ?? null,
    // What it meets is told as a finding.
    log: makeLog({ level: 'silent', destination: { write: () => {} }, scrub: (text) => text }),
    send,
    signal: io.signal,
  });
  return [
    texts.ok(file, 'valid'),
    ...(loaded.ok && loaded.set.observing ? [texts.ok('policies', OBSERVING)] : []),
    ...config.warnings.map(oddity),
    ...(loaded.ok ? loaded.set.warnings.map(oddity) : loaded.errors.map(mistake)),
    ...found,
  ];
}

const OBSERVING = 'every policy only observes; nothing is done before one says mode: enforce';

const VALIDATE = '`lamplighter validate` shows the line';

function mistake(located: Located): Finding {
  return findingsOf('configuration').broken(placeOf(located), located.message, located.hint ?? VALIDATE);
}

function oddity(located: Located): Finding {
  return findingsOf('configuration').warning(placeOf(located), located.message, located.hint ?? VALIDATE);
}

function placeOf({ file, line, column }: Located): string {
  return `${file}:${line}:${column}`;
}

const SIGNS: Readonly<Record<Level, { readonly sign: string; readonly colour: 'green' | 'yellow' | 'red' }>> = {
  ok: { sign: '✓', colour: 'green' },
  warning: { sign: '!', colour: 'yellow' },
  broken: { sign: '✗', colour: 'red' },
};

function show(io: Io, findings: readonly Finding[]): void {
  const colour = io.outIsTty && (io.env.NO_COLOR ?? '') === '';
  let area = '';
  for (const finding of findings) {
    if (finding.area !== area) io.out(`${area === '' ? '' : '\n'}${finding.area}\n`);
    area = finding.area;
    const { sign, colour: paint } = SIGNS[finding.level];
    const mark = colour ? styleText(paint, sign, { validateStream: false }) : sign;
    io.out(`  ${mark} ${printable(finding.subject)}: ${printable(finding.found)}\n`);
    if (finding.mend !== null) io.out(`      → ${printable(finding.mend)}\n`);
  }
}

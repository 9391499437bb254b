import { type Command, Option } from 'commander';
import { type ExplainedPolicy, explainPolicies } from '../../app/explain-policy.ts';
import { readConfig } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable } from '../table.ts';

const STANDINGS = {
  en: { enforce: 'enforce', observe: 'observe', off: 'off' },
  zh: { enforce: '执行', observe: '只观察', off: '已停用' },
} as const;

/** `lamplighter explain [POLICY]`: what a policy will do, in plain words, from its compiled form. Offline. */
export function explainCommand(program: Command, io: Io): void {
  program
    .command('explain')
    .description('say in plain words what a policy, or each of them, will do; nothing is contacted')
    .argument('[policy]', 'the name of a policy; all where it is left out')
    .addOption(
      new Option('--lang <language>', 'in which language; that of the terminal where it is left out').choices([
        'en',
        'zh',
      ]),
    )
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: { lang?: string; json?: boolean }, command: Command) => {
      const config = await readConfig(command, io, { secrets: 'unneeded' });
      const asked = options.lang ?? io.env.LC_ALL ?? io.env.LC_MESSAGES ?? io.env.LANG ?? '';
      const language = /^zh/i.test(asked) ? 'zh' : 'en';
      const found = await explainPolicies(config, { name: name ?? null, language, cwd: io.cwd, now: Date.now() });
      if (found.kind === 'unknown') throw new UserError(found.message, EXIT.usage);
      if (options.json === true) printJson(io, { items: found.policies, next: null });
      else io.out(found.policies.map((policy) => shown(policy, language)).join('\n'));
    });
}

function shown({ name, place, mode, enabled, description, text }: ExplainedPolicy, language: 'en' | 'zh'): string {
  const head = `${name}  ${place}  ${STANDINGS[language][enabled ? mode : 'off']}\n`;
  return `${head}${description === '' ? '' : `${printable(description)}\n`}${text}`;
}

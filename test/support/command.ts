import { EXIT, UserError } from '../../src/cli/exit.ts';
import { runCli } from '../../src/cli/run-cli.ts';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line, in this process: what it says and its exit code. */
export async function runCommand(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    /** What a person types where a secret is asked for; without it there is no terminal. */
    readonly typed?: string;
  },
): Promise<CommandResult> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env: options.env ?? {},
    cwd: options.cwd,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outIsTty: false,
    errIsTty: false,
    columns: 120,
    askSecret: (question) =>
      options.typed === undefined
        ? Promise.reject(new UserError(`${question}: there is no terminal to ask at`, EXIT.usage))
        : Promise.resolve(options.typed),
    signal: new AbortController().signal,
    onReload: () => {},
    onCrash: () => {},
    hide: () => {},
  });
  return { code, out, err };
}

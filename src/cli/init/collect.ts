import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { redisProblem } from '../../config/addresses.ts';
import { secretProblem } from '../../config/secret.ts';
import { PROVIDER_KINDS, type ProviderKind } from '../../fleet/provider-kind.ts';
import { unknownName } from '../../fleet/unknown-name.ts';
import type { Asker, Problem } from '../asker.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { Answers, GivenSecret } from './answers.ts';
import { collectNotifier, missing, type NotifierFlags } from './collect-notifier.ts';

/** What the command line says; each of these is then not asked. */
export interface InitFlags extends NotifierFlags {
  readonly provider?: readonly string[];
  readonly tokenFile?: readonly string[];
  readonly redis?: string;
  readonly stateDir?: string;
  readonly dev?: string;
  readonly prod?: string;
}

const DEFAULTS = { redis: 'redis://127.0.0.1:6379/0', stateDir: './data', dev: 'dev-*', prod: 'prod-*' } as const;

const PROVIDERS: Readonly<Record<ProviderKind, { readonly name: string; readonly account: string }>> = {
  huixingyun: { name: '慧星云 (huixingyun)', account: 'hxy' },
  chenyu: { name: '晨羽智云, open v2 (chenyu)', account: 'chenyu' },
  'chenyu-v1': { name: '晨羽智云, the older API (chenyu-v1)', account: 'chenyu-v1' },
};

/** Puts the answers together out of flags and, where somebody can be asked, questions. @throws UserError */
export class Collector {
  readonly #io: Io;
  readonly #folder: string;
  readonly #ask: Asker | null;

  /** @param folder where everything is written; `ask` `null`: nobody can be asked, or wants to be */
  constructor(io: Io, folder: string, ask: Asker | null) {
    this.#io = io;
    this.#folder = folder;
    this.#ask = ask;
  }

  async collect(flags: InitFlags): Promise<Answers> {
    return {
      accounts: await this.#accounts(flags),
      notifier: await collectNotifier(flags, {
        ask: this.#ask,
        secret: (flag, own, about) => this.#secret(flag, own, about),
      }),
      redis: await this.#text(flags.redis, 'Redis', DEFAULTS.redis, sentence('the address', redisProblem)),
      stateDir: flags.stateDir ?? DEFAULTS.stateDir,
      devNames: await this.#text(
        flags.dev,
        'Names of machines that may be stopped when idle',
        DEFAULTS.dev,
        globProblem,
      ),
      prodNames: await this.#text(
        flags.prod,
        'Names of machines that must never be stopped',
        DEFAULTS.prod,
        globProblem,
      ),
    };
  }

  async #accounts({ provider, tokenFile = [] }: InitFlags): Promise<Answers['accounts']> {
    const kinds = provider === undefined ? await this.#providers() : provider.map(aProvider);
    const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
    if (twice !== undefined)
      throw new UserError(
        `--provider ${twice} is said twice; a second account is added to the file by hand`,
        EXIT.usage,
      );
    if (tokenFile.length > kinds.length)
      throw new UserError(`${tokenFile.length} --token-file for ${kinds.length} --provider`, EXIT.usage);
    const accounts: Answers['accounts'][number][] = [];
    for (const [index, kind] of kinds.entries()) {
      const name = PROVIDERS[kind].account;
      const token = await this.#secret(tokenFile[index], `secrets/${name}_token`, {
        what: `API token of ${PROVIDERS[kind].name}`,
        flag: '--token-file',
        problem: secretProblem,
      });
      accounts.push({ name, provider: kind, token });
    }
    return accounts;
  }

  async #providers(): Promise<readonly ProviderKind[]> {
    if (this.#ask === null) throw missing('--provider');
    const choices = PROVIDER_KINDS.map((value) => ({ value, name: PROVIDERS[value].name }));
    return await this.#ask.some('Which clouds? (space chooses, enter goes on)', choices);
  }

  /** @param own where a typed one is written, from the folder */
  async #secret(
    flag: string | undefined,
    own: string,
    { what, flag: name, problem }: { readonly what: string; readonly flag: string; readonly problem: Problem },
  ): Promise<GivenSecret> {
    if (flag !== undefined) {
      const path = resolve(this.#io.cwd, flag);
      const wrong = await this.#fileProblem(path, problem);
      if (wrong !== null) throw new UserError(`${name} ${flag}: ${wrong}`, EXIT.usage);
      return { kind: 'file', file: this.#shown(path) };
    }
    const ask = this.#ask;
    if (ask === null) throw missing(name);
    const there = join(this.#folder, own);
    // A secret that is there is never replaced.
    const isThere = (await this.#fileProblem(there, problem)) === null;
    const how = await ask.one(`The ${what}`, [
      isThere
        ? { value: 'there', name: `the one in ${own}, which is there already` }
        : { value: 'typed', name: `I paste it now; it is written to ${own}, for you alone to read` },
      { value: 'file', name: 'it is in a file' },
    ]);
    if (how === 'there') return { kind: 'file', file: own };
    if (how === 'typed') {
      const text = (
        await ask.secret(`The ${what} (nothing is shown)`, (typed) => sentence('it', problem)(typed.trim()))
      ).trim();
      this.#io.hide([text]);
      return { kind: 'typed', file: own, text };
    }
    for (;;) {
      const path = resolve(this.#io.cwd, await ask.text('Which file?', own, () => null));
      const wrong = await this.#fileProblem(path, problem);
      if (wrong === null) return { kind: 'file', file: this.#shown(path) };
      this.#io.err(`${path}: ${wrong}\n`);
    }
  }

  /** What is wrong with a secret in a file; never quotes it. */
  async #fileProblem(path: string, problem: Problem): Promise<string | null> {
    try {
      const text = (await readFile(path, 'utf8')).trim();
      this.#io.hide([text]);
      return sentence('what it holds', problem)(text);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      return code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    }
  }

  /** Relative to the configuration where it lies beside or below it. */
  #shown(path: string): string {
    const short = relative(this.#folder, path);
    return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
  }

  async #text(flag: string | undefined, question: string, preset: string, problem: Problem): Promise<string> {
    if (flag === undefined) return this.#ask === null ? preset : await this.#ask.text(question, preset, problem);
    const wrong = problem(flag);
    if (wrong !== null) throw new UserError(`${JSON.stringify(flag)}: ${wrong}`, EXIT.usage);
    return flag;
  }
}

function sentence(subject: string, problem: Problem): Problem {
  return (answer) => {
    const wrong = problem(answer);
    return wrong === null ? null : `${subject} ${wrong}`;
  };
}

function globProblem(glob: string): string | null {
  return glob.trim() === '' ? 'give a name, such as dev-*' : null;
}

function aProvider(word: string): ProviderKind {
  const known = PROVIDER_KINDS.find((kind) => kind === word);
  if (known === undefined) throw new UserError(unknownName('provider', word, PROVIDER_KINDS), EXIT.usage);
  return known;
}

import { EXIT, UserError } from './exit.ts';

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

/** Says what is wrong with an answer; `null`: nothing. */
export type Problem = (answer: string) => string | null;

/** Asks a person at a terminal. Every question throws `UserError` when it is broken off. */
export interface Asker {
  one<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  some<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<readonly T[]>;
  text(question: string, preset: string, problem: Problem): Promise<string>;
  /** Nothing of the answer is shown. */
  secret(question: string, problem: Problem): Promise<string>;
  yes(question: string, preset: boolean): Promise<boolean>;
}

/** Questions on stderr: stdout is for data. The library is loaded when somebody is asked. */
export function terminalAsker(signal: AbortSignal): Asker {
  const context = { input: process.stdin, output: process.stderr, signal };
  const library = () => import('@inquirer/prompts');
  const validate = (problem: Problem) => (answer: string) => problem(answer) ?? true;
  return {
    one: (message, choices) => asked(async () => (await library()).select({ message, choices }, context)),
    some: (message, choices) =>
      asked(async () => (await library()).checkbox({ message, choices, required: true }, context)),
    text: (message, preset, problem) =>
      asked(async () => (await library()).input({ message, default: preset, validate: validate(problem) }, context)),
    secret: (message, problem) =>
      asked(async () => (await library()).password({ message, validate: validate(problem) }, context)),
    yes: (message, preset) => asked(async () => (await library()).confirm({ message, default: preset }, context)),
  };
}

/** On a terminal that is being asked Ctrl-C is a key and no signal. */
async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const isBrokenOff = error instanceof Error && /^(ExitPromptError|AbortPromptError)$/.test(error.name);
    if (isBrokenOff) throw new UserError('broken off; nothing was written', EXIT.interrupted, { cause: error });
    throw error;
  }
}

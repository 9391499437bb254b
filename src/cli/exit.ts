/** What the process ends with; the same numbers for every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, invalid: 3, clock: 75, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Something the person can mend: told in one sentence, without a stack trace. */
export class UserError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

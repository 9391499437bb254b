import type { Asker } from './asker.ts';

/** What a command may touch of the process it runs in; tests give their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly columns: number;
  /** Reads one line from the person without showing it. @throws UserError when there is no terminal. */
  readonly askSecret: (question: string) => Promise<string>;
  /** Absent: there is no terminal to ask at. */
  readonly ask?: Asker;
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /**
   * From now on a signal ends the process at once: for commands that change nothing and reckon for so long that no signal
   * would be heard. Absent: no signal comes.
   */
  readonly endBySignal?: () => void;
  /** Called at SIGHUP. */
  readonly onReload: (handler: () => void) => void;
  /** Called, instead of whoever was to be called before, with what nobody caught; the process then ends with code 1. */
  readonly onCrash: (handler: (error: unknown) => void) => void;
  /** From now on these are taken out of everything that is said. */
  readonly hide: (secrets: Iterable<string>) => void;
}

/** One JSON document on stdout. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

import { writeSync } from 'node:fs';

/** A failure that the person at the keyboard can mend: shown as one message, without a stack. */
export class SetupError extends Error {}

/** One short line of progress. Written straight to the descriptor, so that no stream is left open for the program that follows. */
export function say(line) {
  try {
    writeSync(2, `lamplighter: ${line}\n`);
  } catch {
    // Nobody listens on stderr; that is no reason to stop.
  }
}

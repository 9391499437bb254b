import { scrubber } from '../telemetry/log.ts';
import type { Io } from './io.ts';

/** The same, with the last net under everything that is said: secrets that are known by then are taken out. */
export function hidingIo(io: Io): Io {
  const secrets = new Set<string>();
  const scrub = scrubber(() => secrets);
  return {
    ...io,
    out: (text) => io.out(scrub(text)),
    err: (text) => io.err(scrub(text)),
    askSecret: async (question) => {
      const typed = await io.askSecret(question);
      secrets.add(typed);
      return typed;
    },
    hide: (more) => {
      for (const secret of more) secrets.add(secret);
    },
  };
}

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LOOK_AT_RUN } from './lua/look-at-run.lua.ts';
import type { StoreRedis } from './redis.ts';
import { StoreCorrupt } from './store-error.ts';

/**
 * So long a look counts as proof that this state directory is the only one. It must be shorter than {@link PROBATION_MS}: a
 * directory that came after the look has then not paid for anything yet. The minute between them is for clocks that differ.
 */
const BELIEVE_MS = 5 * 60_000;
/** So long a new state directory pays for nothing and destroys nothing. */
const PROBATION_MS = BELIEVE_MS + 60_000;
/** Nobody who was not seen for so long has paid for anything that has not shown by now. */
const KEEP_MS = 24 * 3_600_000;

const schema = z.strictObject({ id: z.string().min(1), lookedAt: z.number(), alone: z.boolean() });
type Note = z.output<typeof schema>;

const answered = z.tuple([z.string(), z.number(), z.number(), z.number()]);

/** What is held after a look, and until when (epoch ms; 0: nothing is held). */
interface Hold {
  readonly restart: number;
  readonly probation: number;
}

/**
 * The watermark file only knows what the daemons of its own state directory wrote. A Redis that comes back older may have
 * lost a payment of a daemon that has another directory; nobody who is left would know. So after a start of Redis paid and
 * destructive work waits until such a payment must have shown in the cloud's listing, unless this directory is the only one.
 */
export class Witness {
  readonly #redis: StoreRedis;
  readonly #path: string;
  readonly #newId: () => string;
  readonly #holdMs: () => Promise<number>;
  #note: Note | null = null;
  #hold: Hold | null = null;

  /** @param holdMs how long a payment may take to show, in ms */
  constructor(redis: StoreRedis, stateDir: string, newId: () => string, holdMs: () => Promise<number>) {
    this.#redis = redis;
    this.#path = join(stateDir, 'ledger-witness.json');
    this.#newId = newId;
    this.#holdMs = holdMs;
  }

  /** Looks at Redis, and lets the others know of this directory. Answers the id of its process. @throws StoreDown; StoreCorrupt for an answer that is none */
  async look(now: number): Promise<string> {
    const before = this.#note ?? (await this.#read());
    const id = before?.id ?? this.#newId();
    const holdMs = await this.#holdMs();
    const answer = await this.#redis.ask('looking whether Redis was started anew', (redis) =>
      LOOK_AT_RUN.run(redis, this.#redis.keys.prefix, [
        id,
        now,
        before?.lookedAt ?? '',
        before?.alone === true ? '1' : '0',
        BELIEVE_MS,
        holdMs,
        PROBATION_MS,
        KEEP_MS,
      ]),
    );
    const parsed = answered.safeParse(answer);
    if (!parsed.success) throw new StoreCorrupt('the run of Redis', parsed.error);
    const [run, restart, probation, others] = parsed.data;
    // One that does not say which process it is may be another one each time.
    this.#hold = run === '' ? { restart: Number.POSITIVE_INFINITY, probation: 0 } : { restart, probation };
    await this.#write({ id, lookedAt: now, alone: others === 0 });
    return run;
  }

  /** For a command, which is no daemon: only sees what is held. @throws StoreDown */
  async follow(): Promise<void> {
    const until = await this.#redis.ask('looking whether Redis was started anew', (redis) =>
      redis.hget(`${this.#redis.keys.prefix}ledger:run`, 'until'),
    );
    this.#hold = { restart: Number(until ?? '0'), probation: 0 };
  }

  /** What was seen before an outage no longer counts. */
  forget(): void {
    this.#hold = null;
  }

  /** Why paid and destructive work is held, in words; `null`: it is not. */
  held(now: number): string | null {
    const hold = this.#hold;
    if (hold === null) return 'Redis has not been looked at yet';
    if (hold.restart > now) {
      const until = Number.isFinite(hold.restart) ? ` until ${new Date(hold.restart).toISOString()}` : '';
      return `Redis was started anew, and what another daemon paid may be forgotten: held${until}, when it must have shown`;
    }
    if (hold.probation > now) {
      const until = new Date(hold.probation).toISOString();
      return `this state directory is new to the ledger: held until ${until}, when every other daemon knows of it`;
    }
    return null;
  }

  /** A file that is gone or cannot be read makes this directory a new one, which is the careful side. */
  async #read(): Promise<Note | null> {
    try {
      return schema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch {
      return null;
    }
  }

  /** Not made durable: an older note than the last one proves less, and nothing wrong. */
  async #write(note: Note): Promise<void> {
    this.#note = note;
    const beside = `${this.#path}.${this.#newId()}.new`;
    await writeFile(beside, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    await rename(beside, this.#path);
  }
}

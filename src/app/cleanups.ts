/** A clean-up that takes longer than this is given up, and said so. */
const LIMIT_MS = 35_000;

interface Cleanup {
  readonly name: string;
  readonly run: () => Promise<void> | void;
  readonly limitMs: number;
}

/** What went wrong while cleaning up, by name. */
export class CleanupError extends AggregateError {
  constructor(failures: readonly { readonly name: string; readonly error: unknown }[]) {
    super(
      failures.map(({ error }) => error),
      `cleaning up failed: ${failures.map(({ name, error }) => `${name} (${error instanceof Error ? error.message : 'unknown'})`).join(', ')}`,
    );
    this.name = 'CleanupError';
  }
}

/**
 * Named clean-ups, registered the moment the thing exists and run in reverse, each with a time limit and each even if
 * another failed. Running twice is running once.
 */
export class Cleanups {
  readonly #stack: Cleanup[] = [];
  #running: Promise<void> | null = null;
  #over = false;

  /** @throws Error when cleaning up is over: nobody would ever run it. While it goes on, it is run too. */
  add(name: string, run: () => Promise<void> | void, limitMs: number = LIMIT_MS): void {
    if (this.#over) throw new Error(`cannot add the clean-up "${name}": cleaning up is over`);
    this.#stack.push({ name, run, limitMs });
  }

  /** @throws CleanupError naming every one that failed */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const failures: { name: string; error: unknown }[] = [];
    for (let cleanup = this.#stack.pop(); cleanup !== undefined; cleanup = this.#stack.pop()) {
      try {
        await limited(cleanup);
      } catch (error) {
        failures.push({ name: cleanup.name, error });
      }
    }
    this.#over = true;
    if (failures.length > 0) throw new CleanupError(failures);
  }
}

async function limited(cleanup: Cleanup): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`took longer than ${cleanup.limitMs} ms`)), cleanup.limitMs);
  try {
    await Promise.race([Promise.resolve(cleanup.run()), promise]);
  } finally {
    clearTimeout(timer);
  }
}

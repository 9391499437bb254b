import type { Config } from '../config/config.ts';
import type { Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { type Located, summarise } from '../yaml/located.ts';
import { compileFiles, InvalidInput, type LoadedPolicies, loadPolicies } from './load.ts';
import { contentHash } from './policy-watch.ts';
import { keepGood } from './reload.ts';

/** The policies that a daemon begins with. */
export interface FirstPolicies extends Extract<LoadedPolicies, { ok: true }> {
  /** They come from Redis: what is in the folder cannot be used, or is, under `careful`, to be compared first. */
  readonly fromLastGood: boolean;
  readonly errors: readonly Located[];
}

/** The policies to begin with: those of the folder, or the last good ones where the folder's cannot be used. @throws InvalidInput */
export async function firstPolicies(
  config: Config,
  { cwd, log }: { readonly cwd: string; readonly log: Log },
  store: Store,
  now: number,
): Promise<FirstPolicies> {
  const loaded = await loadPolicies(config, cwd, now);
  if (loaded.ok && config.reload === 'careful') {
    // A restart takes nothing that a reload would hold: it begins with the last good ones, and what is in the folder is compared.
    const kept = await lastGood(config, store, now);
    if (kept !== null && contentHash(kept.files) !== contentHash(loaded.files)) {
      return { ...kept, fromLastGood: true, errors: [] };
    }
  }
  if (loaded.ok) {
    for (const warning of loaded.set.warnings) log.warn({ at: summarise(warning) }, 'a policy is odd');
    if (loaded.set.observing) log.info('every policy only observes, and nothing will be done');
    await keepGood(store, loaded.files, now);
    return { ...loaded, fromLastGood: false, errors: [] };
  }
  const old = await lastGood(config, store, now);
  if (old === null) throw new InvalidInput('the policies are not valid', loaded.errors);
  log.error({ errors: loaded.errors.map(summarise) }, 'the policies are not valid; the last good ones are used');
  return { ...old, fromLastGood: true, errors: loaded.errors };
}

/** What was in force before, as it is meant under this configuration; `null`: there was nothing, or it cannot be used. */
async function lastGood(
  config: Config,
  store: Store,
  now: number,
): Promise<Extract<LoadedPolicies, { ok: true }> | null> {
  const kept = await store.settings.loadPolicies();
  if (kept === null) return null;
  const compiled = compileFiles(
    kept.files.map(({ name, text }) => ({ file: name, text })),
    config,
    now,
  );
  return compiled.ok ? compiled : null;
}

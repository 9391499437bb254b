import { resolve } from 'node:path';
import { fileKind } from './file-kind.ts';
import { type ConfigOptions, type ConfigResult, loadConfig } from './load-config.ts';
import { about, readText, shortened } from './policy-folder.ts';

/** For whoever is here for the first time. */
const HINT = 'copy lamplighter.example.yaml to begin with one, name another by --config, or ask the demo by --demo';

/**
 * Reads and checks lamplighter.yaml.
 * @param from what the file's name in errors is relative to: the working directory
 */
export async function readConfigFile(path: string, from: string, options: ConfigOptions): Promise<ConfigResult> {
  const absolute = resolve(from, path);
  const shown = shortened(absolute, from);
  const text = await readText(absolute, shown);
  if (typeof text !== 'string') return { ok: false, errors: [{ ...text, hint: text.hint ?? HINT }], warnings: [] };
  // All that it holds would be wrong, and none of it said what is.
  if (fileKind(shown, text) === 'policies') {
    return {
      ok: false,
      errors: [about(shown, 'this file holds policies and is no configuration', HINT)],
      warnings: [],
    };
  }
  return await loadConfig(text, absolute, shown, options);
}

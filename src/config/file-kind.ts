import { policyFileFrame } from '../policy/policy-grammar.ts';
import { configFrame } from './config-grammar.ts';

/** What somebody may hand us to check. */
export type FileKind = 'configuration' | 'policies' | 'test' | 'unclear';

/** A key at the top of a file, with what stands behind it in its line. */
const TOP_KEY = /^([A-Za-z][A-Za-z-]*)[ \t]*:(.*)$/gm;

const POLICY_KEYS = Object.keys(policyFileFrame.shape);
const CONFIG_KEYS = Object.keys(configFrame.shape);

/** Tells by the keys at its top what a file is; by its text alone, since the file may hold mistakes. */
export function fileKind(name: string, text: string): FileKind {
  if (/\.test\.ya?ml$/i.test(name)) return 'test';
  let score = 0;
  for (const [, key = '', rest = ''] of text.matchAll(TOP_KEY)) {
    if (key === 'policies') score += isFolder(rest) ? 1 : -1;
    else if (CONFIG_KEYS.includes(key)) score += 1;
    else if (POLICY_KEYS.includes(key)) score -= 1;
  }
  if (score === 0) return 'unclear';
  return score > 0 ? 'configuration' : 'policies';
}

/** `policies: ./policies` of a configuration names a folder; in a policy file a list follows. */
function isFolder(rest: string): boolean {
  const text = rest.replace(/(?:^|\s)#.*$/, '').trim();
  return text !== '' && !text.startsWith('[');
}

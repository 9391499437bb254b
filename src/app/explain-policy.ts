import type { Config } from '../config/config.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import { policyText } from '../web/console/policy-text.ts';
import { policyFacts } from './boards/policy-facts.ts';
import { InvalidInput, loadPolicies } from './load.ts';

/** One policy of the folder in plain words, from its compiled form, with where it stands. */
export interface ExplainedPolicy {
  readonly name: string;
  readonly place: string;
  readonly mode: 'observe' | 'enforce';
  readonly enabled: boolean;
  readonly description: string;
  readonly text: string;
}

export type Explained =
  | { readonly kind: 'explained'; readonly policies: readonly ExplainedPolicy[] }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * @param name `null`: all of them
 * @throws InvalidInput where the policies hold a mistake
 */
export async function explainPolicies(
  config: Config,
  options: { readonly name: string | null; readonly language: 'en' | 'zh'; readonly cwd: string; readonly now: number },
): Promise<Explained> {
  const { name, language, now } = options;
  const loaded = await loadPolicies(config, options.cwd, now);
  if (!loaded.ok) throw new InvalidInput('the policies are not valid', loaded.errors);
  const wanted = loaded.set.policies.filter((policy) => name === null || policy.name === name);
  if (name !== null && wanted.length === 0) {
    const known = loaded.set.policies.map((policy) => policy.name);
    return { kind: 'unknown', message: unknownName('policy', name, known) };
  }
  const policies = wanted.map((policy): ExplainedPolicy => {
    const facts = policyFacts(policy, now);
    return {
      name: policy.name,
      place: `${facts.place.file}:${facts.place.line}`,
      mode: policy.mode,
      enabled: policy.enabled,
      description: policy.description,
      text: policyText(facts, { language, timezone: config.timezone, now }),
    };
  });
  return { kind: 'explained', policies };
}

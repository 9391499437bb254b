import type { ServiceKind } from '../fleet/service-kind.ts';
import { comfyui } from './comfyui-probe.ts';
import { ENGINE_RULES } from './engine-probe.ts';
import { fooocus } from './fooocus-probe.ts';
import { ollama } from './ollama-probe.ts';
import { openWebui } from './open-webui-probe.ts';
import { sdWebui } from './sd-webui-probe.ts';
import type { ServiceRules } from './service-probe.ts';

const RULES = new Map<ServiceKind, ServiceRules>(
  [comfyui, sdWebui, fooocus, openWebui, ollama, ...ENGINE_RULES].map((rules) => [rules.kind, rules]),
);

/** How a kind of service is found and looked at. @throws Error for a kind without rules, which a test excludes */
export function serviceRules(kind: ServiceKind): ServiceRules {
  const rules = RULES.get(kind);
  if (rules === undefined) throw new Error(`there are no rules for ${kind}; a bug of ours`);
  return rules;
}

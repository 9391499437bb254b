import type { CloudAction } from '../fleet/action.ts';
import type { Aftermath } from '../fleet/aftermath.ts';
import { EN_AFTERMATHS } from '../fleet/detail/en/aftermaths.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import { inEnglish } from './in-english.ts';

/** `null`: nobody has looked that up. */
export function aftermathOf(provider: ProviderKind, action: CloudAction): Aftermath | null {
  return EN_AFTERMATHS[provider][action] ?? null;
}

/** In one sentence. */
export function aftermathText(provider: ProviderKind, action: CloudAction): string {
  return inEnglish({ kind: 'aftermath', provider, action }, 'UTC');
}

import type { Instance } from '../fleet/instance.ts';
import { type Labels, NO_LABELS } from '../fleet/label.ts';
import type { LabelRule } from './config.ts';

/** An instance's labels: rules in order, a later one wins per label and sees what earlier ones have set. */
export function labelsOf(rules: readonly LabelRule[], instance: Instance): Labels {
  let labels = NO_LABELS;
  for (const rule of rules) {
    if (rule.match.instance(instance, labels)) labels = { ...labels, ...rule.set };
  }
  return labels;
}

/** Labels of an instance: ours, since the clouds have no tags. `protect: "true"` keeps robots off. */
export type Labels = Readonly<Record<string, string>>;

export const NO_LABELS: Labels = Object.freeze({});

export function isProtected(labels: Labels): boolean {
  return labels.protect === 'true';
}

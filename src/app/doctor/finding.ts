/** What is looked at, in the order in which it is told. */
export const AREAS = [
  'configuration',
  'policies',
  'machine',
  'files',
  'redis',
  'clouds',
  'clock',
  'probes',
  'notifiers',
  'listener',
] as const;
export type Area = (typeof AREAS)[number];

/** `warning`: works, but not as one would wish. `broken`: something does not work, or money or secrets are at risk. */
export type Level = 'ok' | 'warning' | 'broken';

/** One thing that was looked at. Holds no secret. */
export interface Finding {
  readonly area: Area;
  /** Which one: an account, a file, a policy. */
  readonly subject: string;
  readonly level: Level;
  readonly found: string;
  /** What a person does about it; `null` where nothing is to be done. */
  readonly mend: string | null;
}

/** Makes the findings of one area. */
export function findingsOf(area: Area) {
  const make = (level: Level) => (subject: string, found: string, mend: string | null) => ({
    area,
    subject,
    level,
    found,
    mend,
  });
  const [ok, warning, broken] = [make('ok'), make('warning'), make('broken')];
  return {
    ok: (subject: string, found: string): Finding => ok(subject, found, null),
    warning: (subject: string, found: string, mend: string): Finding => warning(subject, found, mend),
    broken: (subject: string, found: string, mend: string): Finding => broken(subject, found, mend),
  };
}

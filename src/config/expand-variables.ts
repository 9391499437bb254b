import type { Located } from '../yaml/located.ts';
import { prunedData } from '../yaml/node.ts';
import type { Path, YamlDocument } from '../yaml/yaml-document.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Expanded {
  readonly data: unknown;
  readonly errors: readonly Located[];
  /** Where values stand that are not known, because a variable is not set; they are left out of `data`. */
  readonly lost: readonly Path[];
  /** Values that were filled in, by the name of their variable: they may be secrets. */
  readonly filledIn: ReadonlyMap<string, string>;
}

/** What may stand for a variable that is not set at a place; `undefined`: nothing, it is an error. */
export type StandInFor = (
  path: Path,
  variable: { readonly name: string /** Is it all of the text? */; readonly isWhole: boolean },
) => string | undefined;

const VARIABLE = /\$(\$?)\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Fills `${NAME}` in texts of a document from the environment, after the YAML was read, so that no value can change its
 * structure. `$${NAME}` stays as `${NAME}`. A variable that is not set is an error at its place, unless something may stand
 * for it.
 */
export function expandVariables(
  document: YamlDocument,
  environment: Environment,
  standInFor: StandInFor = () => undefined,
): Expanded {
  const errors: Located[] = [];
  const lost: Path[] = [];
  const filledIn = new Map<string, string>();
  const expand = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === 'string') {
      return value.replaceAll(VARIABLE, (whole: string, escaped: string, name: string, offset: number) => {
        if (escaped !== '') return whole.slice(1);
        const isName = NAME.test(name);
        const text = isName && Object.hasOwn(environment, name) ? environment[name] : undefined;
        if (text !== undefined) {
          filledIn.set(name, text);
          return text;
        }
        const other = isName ? standInFor(path, { name, isWhole: whole === value }) : undefined;
        if (other !== undefined) return other;
        const message = isName
          ? `the environment variable ${name} is not set`
          : `"${whole.slice(0, 64)}" names no environment variable; write \${NAME}, or $\${ for the characters themselves`;
        errors.push(document.located(path, message, { offset, length: whole.length }));
        lost.push(path);
        return '';
      });
    }
    if (Array.isArray(value)) return value.map((item, index) => expand(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, item] of Object.entries(value)) copy[key] = expand(item, [...path, key]);
    return copy;
  };
  const data = expand(document.data(), []);
  return { data: prunedData(data, lost), errors, lost, filledIn };
}

/** Shorter values stand in sentences by chance. */
const LEAST_HIDDEN = 4;

/** A value from the environment that landed where it does not belong must not be told by the error about it. */
export function hideFilledIn(error: Located, filledIn: ReadonlyMap<string, string>): Located {
  let { message } = error;
  for (const [name, text] of filledIn) {
    if (text.length >= LEAST_HIDDEN) message = message.replaceAll(text, `\${${name}}`);
  }
  return { ...error, message };
}

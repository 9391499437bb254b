/**
 * The paths of `data` that a validator never asked about: with a validator made of a schema that lets unknown keys pass, these are the
 * misspelt ones. A key that is only listed (as of a map of labels) counts as asked.
 */
export function unasked(data: unknown, validate: (data: unknown) => unknown): readonly string[] {
  const asked = new Set<string>();
  const known = new Set<string>();
  validate(watched(data, '', asked, known));
  const paths: string[] = [];
  collect(data, '', paths);
  // What lies below something unknown is not told as well.
  const unknown = paths.filter((path) => !asked.has(path) && !known.has(parentOf(path)));
  return unknown.filter((path) => !unknown.some((other) => path.startsWith(`${other}/`)));
}

function watched(data: unknown, path: string, asked: Set<string>, known: Set<string>): unknown {
  if (typeof data !== 'object' || data === null) return data;
  return new Proxy(data, {
    get(target, key) {
      if (typeof key === 'symbol') return Reflect.get(target, key);
      asked.add(`${path}/${key}`);
      return watched(Reflect.get(target, key), `${path}/${key}`, asked, known);
    },
    ownKeys(target) {
      known.add(path);
      return Reflect.ownKeys(target);
    },
  });
}

function collect(data: unknown, path: string, paths: string[]): void {
  if (typeof data !== 'object' || data === null) return;
  for (const [key, value] of Object.entries(data)) {
    paths.push(`${path}/${key}`);
    collect(value, `${path}/${key}`, paths);
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

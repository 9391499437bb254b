import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { codeOf, type Import, importsOf } from './read-source.ts';

/** What one room (a folder of src, or a file beside them) may import of the others. */
export interface RoomRule {
  readonly room: string;
  readonly may: readonly string[];
  /** Only their types: nothing of them is loaded. */
  readonly mayTypes?: readonly string[];
  readonly builtins: 'any' | readonly string[];
  readonly why: string;
}

/** A package, a Node module ("node:…") or a room ("src/…/") that only some places may import. */
export interface OnlyRule {
  readonly what: string;
  /** Files, folders ending in "/", or beginnings of file names ending in "*". */
  readonly where: readonly string[];
  readonly why: string;
}

/** What may not be said in some rooms. */
export interface WordRule {
  readonly rooms: readonly string[];
  readonly words: readonly RegExp[];
  readonly why: string;
}

export interface Rules {
  readonly rooms: readonly RoomRule[];
  readonly only: readonly OnlyRule[];
  readonly words: readonly WordRule[];
}

interface Edge extends Import {
  readonly file: string;
  /** The file of ours that it leads to, or `null`. */
  readonly target: string | null;
}

/** "src/fleet/label.ts" → "fleet"; "src/version.ts" → "version.ts". */
function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** "@hono/node-server/x" → "@hono/node-server"; "hono/html" → "hono". */
function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

/** Every breach of the rules, and everything in the rules that is no longer there, as sentences with the reason. */
export function checkBorders(
  files: ReadonlyMap<string, string>,
  rules: Rules,
  dependencies: readonly string[],
): readonly string[] {
  const edges = [...files].flatMap(([file, text]) =>
    importsOf(text).map((each): Edge => ({ ...each, file, target: targetOf(file, each.from) })),
  );
  return [
    ...missingFiles(edges, files),
    ...roomBreaches(edges, rules.rooms),
    ...onlyBreaches(edges, rules.only),
    ...packagesWithoutRule(edges, rules.only),
    ...wordBreaches(files, rules.words),
    ...cycles(edges),
    ...staleRules(edges, files, rules, dependencies),
  ];
}

function targetOf(file: string, from: string): string | null {
  return from.startsWith('.') ? posix.join(posix.dirname(file), from) : null;
}

function missingFiles(edges: readonly Edge[], files: ReadonlyMap<string, string>): readonly string[] {
  return edges.flatMap(({ file, from, target }) => {
    if (from === '(not a fixed name)') return [`${file} imports by a name that is computed: nobody can say what`];
    return target === null || files.has(target) ? [] : [`${file} imports ${from}, which is not in src`];
  });
}

function roomBreaches(edges: readonly Edge[], rooms: readonly RoomRule[]): readonly string[] {
  const byName = new Map(rooms.map((rule) => [rule.room, rule]));
  return edges.flatMap(({ file, from, target, typeOnly }) => {
    const rule = byName.get(roomOf(file));
    if (rule === undefined) return [];
    if (from.startsWith('node:') || isBuiltin(from)) {
      const name = from.startsWith('node:') ? from : `node:${from}`;
      const known = rule.builtins === 'any' || rule.builtins.includes(name);
      return known ? [] : [`${file} imports ${from}: ${rule.why}`];
    }
    if (target === null) return [];
    const room = roomOf(target);
    if (room === rule.room || rule.may.includes(room)) return [];
    if (rule.mayTypes?.includes(room) !== true) return [`${file} imports ${room} (${from}): ${rule.why}`];
    return typeOnly ? [] : [`${file} imports more than types of ${room} (${from}): ${rule.why}`];
  });
}

function matches(file: string, place: string): boolean {
  if (place.endsWith('/')) return file.startsWith(place);
  return place.endsWith('*') ? file.startsWith(place.slice(0, -1)) : file === place;
}

function isAbout(edge: Edge, what: string): boolean {
  if (what.startsWith('src/')) return edge.target?.startsWith(what) === true && !edge.file.startsWith(what);
  return what.startsWith('node:') ? edge.from === what : packageOf(edge.from) === what;
}

function onlyBreaches(edges: readonly Edge[], only: readonly OnlyRule[]): readonly string[] {
  return only.flatMap(({ what, where, why }) =>
    edges
      .filter((edge) => isAbout(edge, what) && !where.some((place) => matches(edge.file, place)))
      .map(({ file }) => `${file} imports ${what}, which only ${where.join(', ')} may: ${why}`),
  );
}

function packagesWithoutRule(edges: readonly Edge[], only: readonly OnlyRule[]): readonly string[] {
  const ruled = new Set(only.map(({ what }) => what));
  return edges.flatMap(({ file, from, target }) => {
    const foreign = target === null && !isBuiltin(from) && from !== '(not a fixed name)';
    return foreign && !ruled.has(packageOf(from))
      ? [`${file} imports ${packageOf(from)}, for which there is no rule`]
      : [];
  });
}

function wordBreaches(files: ReadonlyMap<string, string>, words: readonly WordRule[]): readonly string[] {
  return [...files].flatMap(([file, text]) => {
    const code = codeOf(text);
    return words
      .filter(({ rooms }) => rooms.includes(roomOf(file)))
      .flatMap((rule) =>
        rule.words.flatMap((word) => code.match(word)?.[0] ?? []).map((said) => ({ said, why: rule.why })),
      )
      .map(({ said, why }) => `${file} says "${said}": ${why}`);
  });
}

/** Import cycles of what is loaded; a module in one may find another half made. */
function cycles(edges: readonly Edge[]): readonly string[] {
  const next = new Map<string, string[]>();
  for (const { file, target, typeOnly } of edges) {
    if (target !== null && !typeOnly) next.set(file, [...(next.get(file) ?? []), target]);
  }
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push(`import cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    path.push(file);
    for (const target of next.get(file) ?? []) visit(target);
    path.pop();
    state.set(file, 'done');
  };
  for (const file of next.keys()) visit(file);
  return found;
}

/** A rule about something that is gone guards nothing, and hides that. */
function staleRules(
  edges: readonly Edge[],
  files: ReadonlyMap<string, string>,
  rules: Rules,
  dependencies: readonly string[],
): readonly string[] {
  const present = new Set([...files.keys()].map(roomOf));
  const ruled = new Set(rules.rooms.map(({ room }) => room));
  const named = [
    ...rules.rooms.flatMap(({ room, may, mayTypes = [] }) => [room, ...may, ...mayTypes]),
    ...rules.words.flatMap(({ rooms }) => rooms),
  ];
  const gone = [...new Set(named)].filter((room) => !present.has(room));
  const unruled = [...present].filter((room) => !ruled.has(room));
  const unused = rules.only.filter(({ what }) => !edges.some((edge) => isAbout(edge, what)));
  const nowhere = rules.only.flatMap(({ what, where }) =>
    where
      .filter((place) => !edges.some((edge) => isAbout(edge, what) && matches(edge.file, place)))
      .map((place) => ({ what, place })),
  );
  const about = new Set(rules.only.map(({ what }) => what));
  return [
    ...gone.map((room) => `the rules name the room ${room}, which does not exist`),
    ...unruled.map((room) => `the room ${room} has no rule`),
    ...unused.map(({ what }) => `the rules name ${what}, which nothing imports any more`),
    ...nowhere.map(({ what, place }) => `the rules let ${place} import ${what}, but nothing there does`),
    ...dependencies.filter((name) => !about.has(name)).map((name) => `the dependency ${name} has no rule`),
  ];
}

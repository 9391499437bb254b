import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A page of the documentation, by its path from the top of the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
  /** Without what stands in fences, so that a comment in a shell block is no heading. */
  readonly prose: string;
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
}

const FENCE = /^```([a-z]*)\n(.*?)^```$/gms;

export async function readPage(path: string): Promise<Page> {
  const text = await readFile(join(ROOT, path), 'utf8');
  return {
    path,
    text,
    prose: text.replace(FENCE, ''),
    blocks: [...text.matchAll(FENCE)].map(([, language = '', block = '']) => ({ language, text: block })),
  };
}

async function pagesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ name }) => name)
    .sort();
}

async function treeIn(folder: string): Promise<readonly string[]> {
  const runbooks = await pagesIn(`${folder}/runbooks`);
  return [...(await pagesIn(folder)), ...runbooks.map((name) => `runbooks/${name}`)];
}

/** File names of both trees, the runbooks below them included. */
export async function trees(): Promise<{ readonly english: readonly string[]; readonly chinese: readonly string[] }> {
  return { english: await treeIn('docs'), chinese: await treeIn('docs/zh-CN') };
}

export async function allPages(): Promise<readonly Page[]> {
  const { english, chinese } = await trees();
  const paths = [
    'README.md',
    'README.zh-CN.md',
    ...english.map((name) => `docs/${name}`),
    ...chinese.map((name) => `docs/zh-CN/${name}`),
  ];
  return await Promise.all(paths.map(readPage));
}

export function headings(page: Page): readonly { readonly level: number; readonly text: string }[] {
  return [...page.prose.matchAll(/^(#+) (.+)$/gm)].map(([, marks = '', text = '']) => ({ level: marks.length, text }));
}

/** As the usual hosts make it: lower case, no punctuation, hyphens for spaces. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}

export interface Link {
  readonly target: string;
  /** From the top of the repository; `null`: the page itself. */
  readonly file: string | null;
  readonly anchor: string | null;
}

/** Links within the repository, and the pictures of HTML; those to elsewhere are left out. */
export function links(page: Page): readonly Link[] {
  const found = [/\]\(([^)\s]+)\)/g, / src(?:set)?="([^"\s]+)"/g].flatMap((form) => [...page.prose.matchAll(form)]);
  return found.flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? null : relative(ROOT, join(ROOT, dirname(page.path), path));
    return [{ target, file, anchor: anchor === undefined ? null : decodeURIComponent(anchor) }];
  });
}

/** The cells of every table row of a page whose first cell is in backticks, keyed by that cell's text. */
export function rowsByCode(page: Page): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>();
  for (const [, line = ''] of page.prose.matchAll(/^\|(.+)\|$/gm)) {
    const cells = line.split('|').map((cell) => cell.trim());
    const code = /^`([^`]+)`$/.exec(cells[0] ?? '')?.[1];
    if (code !== undefined) rows.set(code, cells);
  }
  return rows;
}

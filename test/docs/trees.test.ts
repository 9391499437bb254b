import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allPages, anchorOf, headings, links, type Page, ROOT, readPage, trees } from './pages.ts';

const pages = await allPages();
const { english } = await trees();

test('both languages have the same pages', async () => {
  const { chinese } = await trees();
  expect(chinese).toEqual(english);
});

const PAIRS: readonly (readonly [string, string])[] = [
  ['README.md', 'README.zh-CN.md'],
  ...english.map((name) => [`docs/${name}`, `docs/zh-CN/${name}`] as const),
];

/** A block without what is written in the reader's language: comments, descriptions and texts for people. */
function bare(block: string): string {
  return block
    .replace(/ *# .*$/gm, '')
    .replace(/^ *description: .*$/gm, '')
    .replace(/text: "[^"]*"/g, '');
}

describe.each(PAIRS)('%s and %s', (one, other) => {
  test('have the same headings, level by level', async () => {
    const levels = (page: Page) => headings(page).map(({ level }) => level);
    expect(levels(await readPage(other))).toEqual(levels(await readPage(one)));
  });

  test('have as many rows in as many tables', async () => {
    const rows = (page: Page) => page.prose.match(/^\|.*\|$/gm)?.length ?? 0;
    expect(rows(await readPage(other))).toBe(rows(await readPage(one)));
  });

  test('show the same blocks, but for what is said in words', async () => {
    const blocks = (page: Page) => page.blocks.map(({ text }) => bare(text));
    expect(blocks(await readPage(other))).toEqual(blocks(await readPage(one)));
  });
});

/** A README is read over slow lines too. */
const MAX_IMAGE_BYTES = 300_000;

test('images are small, and all are shown', async () => {
  const names = await readdir(join(ROOT, 'docs/images'));
  const shown = new Set(pages.flatMap((page) => links(page).map(({ file }) => file)));
  expect(names.filter((name) => !shown.has(`docs/images/${name}`))).toEqual([]);
  for (const name of names) expect((await stat(join(ROOT, 'docs/images', name))).size).toBeLessThan(MAX_IMAGE_BYTES);
});

test('the READMEs name each other on the first line', async () => {
  const first = (page: Page) => page.text.split('\n')[0] ?? '';
  expect(first(await readPage('README.md'))).toContain('(README.zh-CN.md)');
  expect(first(await readPage('README.zh-CN.md'))).toContain('(README.md)');
});

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  test('links only to what is there', async () => {
    const broken: string[] = [];
    for (const { target, file, anchor } of links(page)) {
      if (file !== null && !(await exists(file))) broken.push(target);
      else if (anchor !== null) {
        const to = pages.find(({ path }) => path === (file ?? page.path));
        if (to === undefined || !headings(to).some(({ text }) => anchorOf(text) === anchor)) broken.push(target);
      }
    }
    expect(broken).toEqual([]);
  });
});

async function exists(file: string): Promise<boolean> {
  return await access(join(ROOT, file)).then(
    () => true,
    () => false,
  );
}

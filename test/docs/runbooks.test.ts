import { describe, expect, test } from 'vitest';
import { alerts, recordings } from '../monitoring/rule-files.ts';
import { headings, readPage, trees } from './pages.ts';

const names = [...new Set(alerts.map(({ alert }) => alert))];

test('every alert has its runbook, and no runbook is about an alert that there is not', async () => {
  const { english } = await trees();
  const books = english.filter((name) => name.startsWith('runbooks/'));
  expect(books).toEqual(names.map((name) => `runbooks/${name}.md`).sort());
});

const PARTS = {
  docs: ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'],
  'docs/zh-CN': ['含义', '影响', '诊断', '处理'],
} as const;

test.each(names)('%s leads to itself in the other language, on the first line', async (name) => {
  const first = async (folder: string) => (await readPage(`${folder}/runbooks/${name}.md`)).text.split('\n')[0];
  expect(await first('docs')).toBe(`English · [简体中文](../zh-CN/runbooks/${name}.md)`);
  expect(await first('docs/zh-CN')).toBe(`[English](../../runbooks/${name}.md) · 简体中文`);
});

describe.each(['docs', 'docs/zh-CN'] as const)('%s/runbooks', (folder) => {
  test.each(names)(
    '%s says what it means and does, how to look into it with what commands, and what to do',
    async (name) => {
      const page = await readPage(`${folder}/runbooks/${name}.md`);
      expect(headings(page).map(({ text }) => text)).toEqual([name, ...PARTS[folder]]);
      const [, ...sections] = page.text.split(/^## .*$/m);
      for (const section of sections) expect(section.trim().length).toBeGreaterThan(8);
      expect(page.blocks.map(({ language }) => language)).toEqual(['sh']);
      const mine = alerts.filter(({ alert }) => alert === name);
      for (const { labels, annotations } of mine) {
        expect(page.prose).toContain(`\`${labels.severity}\``);
        expect(page.prose).toContain(folder === 'docs' ? annotations.summary : annotations.summary_zh);
      }
    },
  );
});

test.each(['docs/monitoring.md', 'docs/zh-CN/monitoring.md'])(
  '%s lists every alert and every recorded series',
  async (path) => {
    const page = await readPage(path);
    const listed = [...page.prose.matchAll(/^\| \[`(\w+)`\]\(runbooks\/\1\.md\) \| ([^|]+) \|/gm)];
    const said = listed.map(([, name = '', severities = '']) => `${name} ${severities.replaceAll('`', '').trim()}`);
    const meant = names.map((name) => {
      const mine = alerts.filter(({ alert }) => alert === name);
      return `${name} ${mine.map(({ labels }) => labels.severity).join(' ')}`;
    });
    expect(said.sort()).toEqual(meant.sort());
    const recorded = [...page.prose.matchAll(/^\| `([a-z_]+:\w+:\w+)` \|/gm)].map(([, name = '']) => name);
    expect(recorded.sort()).toEqual(recordings.map(({ record }) => record).sort());
  },
);

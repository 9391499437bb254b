import { describe, expect, test } from 'vitest';
import { knownMetrics } from './known-metrics.ts';
import { readPage, rowsByCode } from './pages.ts';

describe.each(['docs/metrics.md', 'docs/zh-CN/metrics.md'])('%s', (path) => {
  test('has every metric, and none that does not exist', async () => {
    const rows = rowsByCode(await readPage(path));
    expect([...rows.keys()].sort()).toEqual([...(await knownMetrics()).keys()].sort());
  });

  test('names the type and the labels of each', async () => {
    const rows = rowsByCode(await readPage(path));
    const said = [...rows].map(([name, [, type = '', labels = '']]) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    }));
    const metrics = await knownMetrics();
    const meant = [...rows.keys()].map((name) => ({
      name,
      type: metrics.get(name)?.type,
      labels: [...(metrics.get(name)?.labels ?? [])].sort(),
    }));
    expect(said).toEqual(meant);
  });

  test('asks alerts only of metrics that exist', async () => {
    const page = await readPage(path);
    const metrics = await knownMetrics();
    const used = page.blocks.flatMap(({ text }) => text.match(/lamplighter_[a-z_]+/g) ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !metrics.has(name))).toEqual([]);
  });
});

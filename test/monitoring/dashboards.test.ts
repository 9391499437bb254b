import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ADDRESSES } from '../../scripts/monitoring/dashboard.ts';
import { DASHBOARDS, dashboardFiles, textOf } from '../../scripts/monitoring/files.ts';
import { ROOT } from '../docs/pages.ts';
import { type Dashboard, dashboards } from './dashboard-files.ts';
import { alerts } from './rule-files.ts';

const byName = new Map(dashboards.map((file) => [file.name, file]));

test('what is committed is what the source makes; `npm run monitoring` makes it anew', () => {
  const made = dashboardFiles(ADDRESSES);
  expect(dashboards.map(({ name }) => name)).toEqual([...made.keys()].sort());
  const differ = [...made].filter(([name, dashboard]) => byName.get(name)?.text !== textOf(dashboard));
  expect(differ.map(([name]) => name)).toEqual([]);
});

test('links lead where they are told to', () => {
  const addresses = {
    console: 'https://lamps.example.com',
    runbooks: { en: 'https://en.example.com', zh: 'https://zh.example.com' },
  };
  for (const [name, dashboard] of dashboardFiles(addresses)) {
    const text = textOf(dashboard);
    expect(text).not.toContain('127.0.0.1');
    expect(text).toContain('https://lamps.example.com');
    expect(text).toContain(name.endsWith('-zh.json') ? 'https://zh.example.com' : 'https://en.example.com');
  }
});

test('every dashboard is there in both languages, with the same panels and queries', () => {
  expect(dashboards).toHaveLength(2 * DASHBOARDS.length);
  for (const { uid } of DASHBOARDS) {
    const english = byName.get(`${uid}.json`);
    const chinese = byName.get(`${uid}-zh.json`);
    expect(chinese?.dashboard.uid).toBe(`${uid}-zh`);
    const asked = (file: typeof english) =>
      file?.panels.map(({ id, gridPos, targets }) => [id, gridPos, ...targets.map(({ expr }) => expr)]);
    expect(asked(chinese)).toEqual(asked(english));
    // Names of ours stay as they are: CPU, Redis.
    const han = chinese?.panels.filter(({ title }) => /\p{Script=Han}/u.test(title)).length ?? 0;
    expect(han).toBeGreaterThan((chinese?.panels.length ?? 0) - 4);
    for (const { description } of chinese?.panels ?? []) expect(description).toMatch(/\p{Script=Han}/u);
    for (const { title, description } of english?.panels ?? []) {
      expect(`${title}${description}`.replaceAll(/慧星云|算力卡/g, '')).not.toMatch(/\p{Script=Han}/u);
    }
  }
});

test.each([
  ['lamplighter-fleet-and-money.json', 'Alert'],
  ['lamplighter-fleet-and-money-zh.json', '告警'],
])('in %s each alert that fires leads to its own runbook', (name, column) => {
  const text = byName.get(name)?.text ?? '';
  expect(text).toContain(JSON.stringify(`\${runbooks:raw}/\${__data.fields["${column}"]}.md`));
  expect(text).toContain(JSON.stringify({ alertname: column }).slice(1, -1).replace(':', ': '));
});

/** The paths of the console's pages, as its sources say. */
const consoleRoutes = await routesOf('src/web/console');

async function routesOf(folder: string): Promise<readonly string[]> {
  const names = (await readdir(join(ROOT, folder))).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(names.map((name) => readFile(join(ROOT, folder, name), 'utf8')));
  return texts.flatMap((source) => [...source.matchAll(/^ {4}path: '([^']+)',$/gm)].map(([, path = '']) => path));
}

/** How many of 24 by how many lines each panel takes; two must not share a place. */
function overlaps({ panels }: Dashboard): readonly string[] {
  const taken = new Map<string, number>();
  const found: string[] = [];
  for (const panel of panels) {
    if (panel.type === 'row') continue;
    const { x, y, w, h } = panel.gridPos;
    if (x + w > 24) found.push(`${panel.id} is too far right`);
    for (let column = x; column < x + w; column += 1) {
      for (let line = y; line < y + h; line += 1) {
        const other = taken.get(`${column},${line}`);
        if (other !== undefined) found.push(`${panel.id} lies on ${other}`);
        taken.set(`${column},${line}`, panel.id);
      }
    }
  }
  return found;
}

describe.each(dashboards.map((file) => [file.name, file] as const))('%s', (_name, { dashboard, panels, text }) => {
  const all = panels.flatMap(({ id, targets }) => targets.map(({ expr }) => ({ id, expr })));

  test('has ids that are unique, of its own and of its panels, and places that do not overlap', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(dashboards.filter((file) => file.dashboard.uid === dashboard.uid)).toHaveLength(1);
    expect(overlaps(dashboard)).toEqual([]);
    for (const { targets } of panels) {
      const refs = targets.map(({ refId }) => refId);
      expect(new Set(refs).size).toBe(refs.length);
    }
  });

  test('lets the reader choose the Prometheus, the job and the account, and uses what is chosen', () => {
    const names = dashboard.templating.list.map(({ name, type }) => [name, type]);
    expect(names).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['account', 'query'],
      ['console', 'textbox'],
      ['runbooks', 'textbox'],
    ]);
    const selectors = all.flatMap(({ id, expr }) =>
      (expr.match(/\b[a-z0-9_]+\{[^}]*\}/g) ?? []).map((each) => [id, each] as const),
    );
    expect(selectors.length).toBeGreaterThan(all.length - 1);
    expect(selectors.filter(([, selector]) => !selector.includes('{job=~"$job"'))).toEqual([]);
    const bare = all.filter(({ expr }) =>
      /\b(?:lamplighter|nodejs|process)_[a-z0-9_]*[a-z0-9](?![a-z0-9_{])/.test(expr),
    );
    expect(bare).toEqual([]);
  });

  test('asks for rates over what fits the resolution, or over the day that the title names', () => {
    const ofDay = new Set(panels.filter(({ title }) => /24 hours|24 小时/.test(title)).map(({ id }) => id));
    const ranges = all.flatMap(({ id, expr }) =>
      [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, range]) => ({
        id,
        range,
        wanted: ofDay.has(id) ? '1d' : '$__rate_interval',
      })),
    );
    expect(ranges.filter(({ range, wanted }) => range !== wanted)).toEqual([]);
    const without = all.filter(({ expr }) =>
      /\b(rate|increase|irate)\((?![^()]*\[(\$__rate_interval|1d)\]\))/.test(expr),
    );
    expect(without).toEqual([]);
  });

  test('leads to the console and to runbooks that there are', () => {
    const known = new Set(alerts.map(({ alert }) => alert));
    const books = panels.flatMap(({ links }) =>
      links.map(({ url = '' }) => /^\$\{runbooks:raw\}\/(\w+)\.md$/.exec(url)?.[1]),
    );
    expect(books.length).toBeGreaterThan(0);
    expect(books.filter((name) => name === undefined || !known.has(name))).toEqual([]);
    const pages = [...text.matchAll(/"\$\{console:raw\}((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) =>
      path.replaceAll(/\$\{[^}]*\}/g, 'x'),
    );
    const routes = consoleRoutes.map((route) => new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`));
    expect(pages.filter((path) => path !== '' && !routes.some((route) => route.test(path)))).toEqual([]);
    expect(pages.length).toBeGreaterThan(1);
    const [list] = dashboard.links;
    expect(list).toMatchObject({
      type: 'dashboards',
      asDropdown: true,
      keepTime: true,
      includeVars: true,
      tags: dashboard.tags,
    });
  });

  test('marks what the robot did', () => {
    expect(dashboard.annotations.list.length).toBeGreaterThan(4);
    // What happens between the last scrape of one step and the first of the next belongs to both, else to neither.
    const looks = dashboard.annotations.list.flatMap(({ expr, step }) =>
      [...expr.matchAll(/\[(\w+)\]/g)].map(([, range]) => ({ step, range })),
    );
    expect(looks.length).toBeGreaterThan(3);
    for (const look of looks) expect(look).toEqual({ step: '1m', range: '2m' });
  });
});

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ADDRESSES } from './dashboard.ts';
import { dashboardFiles, textOf } from './files.ts';
import { MADE, prometheusRule } from './kubernetes-rules.ts';
import { LINKS, withLinks } from './links.ts';

// Writes the dashboards and the PrometheusRule where they are committed; with --out writes them and the rules elsewhere, with links
// of one's own.
const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    console: { type: 'string' },
    runbooks: { type: 'string' },
    'runbooks-zh': { type: 'string' },
    dashboards: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Dashboards and alerts, with links that lead to your own places:

  npm run monitoring -- --out DIR [--console URL] [--runbooks URL] [--runbooks-zh URL] [--dashboards URL]

  --out         where to write dashboards/, rules/ and prometheus-rule.yaml (for Kubernetes)
  --console     Lamplighter's console, as browsers find it          ${ADDRESSES.console}
  --runbooks    the folder docs/runbooks, as browsers find it       ${ADDRESSES.runbooks.en}
  --runbooks-zh the folder docs/zh-CN/runbooks                      ${ADDRESSES.runbooks.zh}
  --dashboards  what Grafana's dashboards are found below           ${LINKS.dashboards}
`;

function bare(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, '');
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

if (values.help) {
  process.stdout.write(HELP);
} else {
  const [console, runbooks, zh, dashboards] = [
    bare(values.console),
    bare(values.runbooks),
    bare(values['runbooks-zh']),
    bare(values.dashboards),
  ];
  const addresses = {
    console: console ?? ADDRESSES.console,
    runbooks: { en: runbooks ?? ADDRESSES.runbooks.en, zh: zh ?? ADDRESSES.runbooks.zh },
  };
  const { out } = values;
  if (out === undefined && [console, runbooks, zh, dashboards].some((given) => given !== undefined)) {
    process.stderr.write('--out DIR is needed: what is committed keeps its links\n');
    process.exitCode = 2;
  } else {
    const folder = join(out ?? join(DEPLOY, 'grafana'), 'dashboards');
    // What is not made any more goes; elsewhere nothing is taken away.
    if (out === undefined) await rm(folder, { recursive: true, force: true });
    for (const [path, dashboard] of dashboardFiles(addresses)) await write(join(folder, path), textOf(dashboard));
    if (out === undefined) await write(MADE, prometheusRule(LINKS));
    else {
      const bases = {
        runbooks: runbooks ?? LINKS.runbooks,
        runbooksZh: zh ?? LINKS.runbooksZh,
        dashboards: dashboards ?? LINKS.dashboards,
      };
      for (const name of await readdir(join(DEPLOY, 'prometheus/rules'))) {
        const text = await readFile(join(DEPLOY, 'prometheus/rules', name), 'utf8');
        await write(join(out, 'rules', name), withLinks(text, bases));
      }
      await write(join(out, 'prometheus-rule.yaml'), prometheusRule(bases));
    }
    process.stdout.write(`written to ${out ?? DEPLOY}\n`);
  }
}

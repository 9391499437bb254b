import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The folder with the committed dashboards. */
export const DASHBOARD_DIR = fileURLToPath(new URL('../../deploy/grafana/dashboards', import.meta.url));

const DATASOURCE = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('$datasource') });
const LINK = z.looseObject({
  title: z.string().min(1),
  url: z.string().optional(),
  type: z.enum(['link', 'dashboards']),
});
const TARGET = z.object({
  datasource: DATASOURCE,
  refId: z.string(),
  expr: z.string().min(1),
  legendFormat: z.string(),
  instant: z.boolean().optional(),
});
const PANEL = z.object({
  id: z.int().positive(),
  type: z.enum(['timeseries', 'stat', 'table']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: DATASOURCE,
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
  links: z.array(LINK).default([]),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1), links: z.array(LINK).default([]) }) }),
  targets: z.array(TARGET).min(1),
});
export type Panel = z.infer<typeof PANEL>;
const ROW = z.object({ id: z.int().positive(), type: z.literal('row'), title: z.string().min(1) });

const DASHBOARD = z.object({
  uid: z.string().max(40),
  title: z.string(),
  description: z.string().min(1),
  tags: z.array(z.string()).length(1),
  schemaVersion: z.int(),
  links: z.array(LINK),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string(), label: z.string() })),
  }),
  annotations: z.object({
    list: z.array(
      z.object({
        name: z.string(),
        datasource: DATASOURCE,
        expr: z.string(),
        step: z.string(),
        titleFormat: z.string(),
      }),
    ),
  }),
  panels: z.array(z.union([ROW, PANEL])),
});
export type Dashboard = z.infer<typeof DASHBOARD>;

export interface DashboardFile {
  readonly name: string;
  readonly text: string;
  readonly dashboard: Dashboard;
  readonly panels: readonly Panel[];
}

async function read(name: string): Promise<DashboardFile> {
  const text = await readFile(join(DASHBOARD_DIR, name), 'utf8');
  const dashboard = DASHBOARD.parse(JSON.parse(text));
  return { name, text, dashboard, panels: dashboard.panels.flatMap((panel) => (panel.type === 'row' ? [] : [panel])) };
}

export const dashboards = await Promise.all((await readdir(DASHBOARD_DIR)).sort().map(read));

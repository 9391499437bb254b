import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type GridPos,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { ANNOTATIONS, STEP } from './annotations.ts';
import { DATASOURCE, panelOf, variable } from './panels.ts';
import { ofJob } from './select.ts';
import type { DashboardSpec, PanelSpec } from './spec.ts';
import { inLanguage, type Language, type Text } from './text.ts';

/** Where the links of dashboards lead, as a browser of the readers finds it. */
export interface Addresses {
  readonly console: string;
  readonly runbooks: Readonly<Record<Language, string>>;
}

/** As docker-compose.yml publishes them. */
export const ADDRESSES: Addresses = {
  console: 'http://127.0.0.1:8080',
  runbooks: {
    en: 'http://127.0.0.1:9090/user/runbooks',
    zh: 'http://127.0.0.1:9090/user/zh-CN/runbooks',
  },
};

/** The grid is so wide. */
const COLUMNS = 24;
const HEIGHTS: Readonly<Record<PanelSpec['kind'], number>> = { stat: 4, series: 8, table: 12 };
const TAG = 'lamplighter';

export function uidOf({ uid }: DashboardSpec, language: Language): string {
  return language === 'zh' ? `${uid}-zh` : uid;
}

/** A dashboard in the classic format, which Grafana 10 and all later ones load. */
export function dashboardOf(spec: DashboardSpec, language: Language, addresses: Addresses): Dashboard {
  const tag = language === 'zh' ? `${TAG}-zh` : TAG;
  const other = language === 'zh' ? 'en' : 'zh';
  const dashboard = new DashboardBuilder(inLanguage(spec.title, language))
    .uid(uidOf(spec, language))
    .description(inLanguage(spec.about, language))
    .tags([tag])
    .refresh('1m')
    .time({ from: 'now-24h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables(language, addresses))
    .link(
      new DashboardLinkBuilder('Lamplighter')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .link(
      new DashboardLinkBuilder(other === 'zh' ? '中文' : 'English')
        .url(`/d/${uidOf(spec, other)}`)
        .includeVars(true)
        .keepTime(true),
    )
    .link(
      new DashboardLinkBuilder(inLanguage(['Console', '控制台'], language))
        .url(variable('console:raw'))
        .targetBlank(true),
    );
  for (const { name, expr, title, tags, color, isOn } of ANNOTATIONS) {
    dashboard.annotation(
      new AnnotationQueryBuilder()
        .name(inLanguage(name, language))
        .datasource(DATASOURCE)
        .expr(expr)
        .step(STEP)
        .titleFormat(inLanguage(title, language))
        .tagKeys(tags)
        .iconColor(color)
        .enable(isOn)
        .hide(false),
    );
  }
  let y = 0;
  for (const row of spec.rows) {
    dashboard.withRow(
      new RowBuilder(inLanguage(row.title, language)).id(row.id).gridPos({ x: 0, y, w: COLUMNS, h: 1 }),
    );
    y += 1;
    const { places, below } = placed(row.panels, y);
    for (const [panel, at] of places) dashboard.withPanel(panelOf(panel, language, at));
    y = below;
  }
  return dashboard.build();
}

/** From left to right, and into the next line where there is no room. */
function placed(
  panels: readonly PanelSpec[],
  top: number,
): { readonly places: readonly (readonly [PanelSpec, GridPos])[]; readonly below: number } {
  const places: [PanelSpec, GridPos][] = [];
  let x = 0;
  let y = top;
  let tallest = 0;
  for (const panel of panels) {
    if (x + panel.width > COLUMNS) {
      x = 0;
      y += tallest;
      tallest = 0;
    }
    const h = (panel.kind === 'table' ? panel.height : undefined) ?? HEIGHTS[panel.kind];
    places.push([panel, { x, y, w: panel.width, h }]);
    x += panel.width;
    tallest = Math.max(tallest, h);
  }
  return { places, below: y + tallest };
}

function variables(language: Language, addresses: Addresses) {
  const chosen = (name: string, title: Text, query: string) =>
    new QueryVariableBuilder(name)
      .label(inLanguage(title, language))
      .datasource(DATASOURCE)
      .query(query)
      .multi(true)
      .includeAll(true)
      .allValue('.+')
      .current({ selected: true, text: ['All'], value: ['$__all'] })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc);
  const address = (name: string, title: Text, value: string) =>
    new TextBoxVariableBuilder(name)
      .label(inLanguage(title, language))
      .defaultValue(value)
      .current({ selected: true, text: value, value })
      .hide(VariableHide.HideVariable);
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    chosen('job', ['Job', 'Job'], 'label_values(lamplighter_build_info, job)'),
    chosen('account', ['Account', '账号'], `label_values(${ofJob('poll_interval_seconds')}, account)`),
    address('console', ['Console', '控制台'], addresses.console),
    address('runbooks', ['Runbooks', '处理手册'], addresses.runbooks[language]),
  ];
}

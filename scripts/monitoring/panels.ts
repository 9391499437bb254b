import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type GridPos,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import {
  type ConsolePage,
  type Limit,
  type PanelSpec,
  type SeriesSpec,
  type StatSpec,
  type TableSpec,
  UNITS,
} from './spec.ts';
import { inLanguage, type Language, type Text } from './text.ts';

/** Whichever Prometheus is chosen in the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;

const GREEN = 'green';
const YELLOW = 'yellow';
const RED = 'red';
/** What no limit is set for has no colour that means something. */
const PLAIN = 'text';

/** A panel of the dashboard's JSON. @param at its place in the grid */
export function panelOf(spec: PanelSpec, language: Language, at: GridPos): Builder<Panel> {
  switch (spec.kind) {
    case 'series':
      return seriesPanel(spec, language, at);
    case 'stat':
      return statPanel(spec, language, at);
    case 'table':
      return tablePanel(spec, language, at);
  }
}

type AnyPanel = SeriesBuilder | StatBuilder | TableBuilder;

/** What every panel has. */
function basics<P extends AnyPanel>(panel: P, spec: PanelSpec, language: Language, at: GridPos): P {
  panel
    .id(spec.id)
    .title(inLanguage(spec.title, language))
    .description(inLanguage(spec.about, language))
    .unit(UNITS[spec.unit])
    .datasource(DATASOURCE)
    .gridPos(at);
  if (spec.runbook !== undefined) panel.links([toRunbook(spec.runbook, language)]);
  if (spec.page !== undefined && spec.kind !== 'table') panel.dataLinks([toConsole(spec.page, language, ofSeries)]);
  return panel;
}

function toRunbook(alert: string, language: Language): Builder<DashboardLink> {
  return link(['Runbook', '处理手册'], `${variable('runbooks:raw')}/${alert}.md`, language);
}

function toConsole(page: ConsolePage, language: Language, label: (name: string) => string): Builder<DashboardLink> {
  return link(['Open in the console', '在控制台中打开'], `${variable('console:raw')}${pathOf(page, label)}`, language);
}

/** @param label what Grafana fills in for a label of what was clicked on */
function pathOf(page: ConsolePage, label: (name: string) => string): string {
  switch (page) {
    case 'fleet':
      return '/';
    case 'account':
      return `/accounts/${label('account')}`;
    case 'policy':
      return `/policies/${label('policy')}`;
    case 'instance':
      return `/instances/${label('account')}/${label('exported_instance')}`;
    default:
      return `/${page}`;
  }
}

/** A variable of the dashboard, which Grafana fills in. */
export function variable(name: string): string {
  return `\${${name}}`;
}

function ofSeries(name: string): string {
  return variable(`__field.labels.${name}`);
}

function link(title: Text, url: string, language: Language): Builder<DashboardLink> {
  return new DashboardLinkBuilder(inLanguage(title, language)).url(url).targetBlank(true);
}

function query(refId: string, expr: string, legend: string | Text, language: Language): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId)
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(typeof legend === 'string' ? legend : inLanguage(legend, language));
}

/** A, B, C… */
function refIdOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function seriesPanel(spec: SeriesSpec, language: Language, at: GridPos): Builder<Panel> {
  const targets: Builder<Dataquery>[] = spec.queries.map(({ expr, legend }, index) =>
    query(refIdOf(index), expr, legend, language).range(),
  );
  const panel = basics(new SeriesBuilder(), spec, language, at)
    .targets(targets)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .lineWidth(1)
    .fillOpacity(spec.bars === true ? 80 : spec.stacked === true ? 25 : 5)
    .drawStyle(spec.bars === true ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineInterpolation(spec.steps === true ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .stacking(new StackingConfigBuilder().mode(spec.stacked === true ? StackingMode.Normal : StackingMode.None))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (spec.unit !== 'seconds' && spec.unit !== 'yuan') panel.min(0);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.limit !== undefined) {
    panel
      .thresholds(thresholdsOf(spec.limit))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

function statPanel(spec: StatSpec, language: Language, at: GridPos): Builder<Panel> {
  const { expr, legend } = spec.query;
  const panel = basics(new StatBuilder(), spec, language, at)
    .withTarget(query('A', expr, legend, language).instant())
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(spec.nameOnly === true ? BigValueTextMode.Name : BigValueTextMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .thresholds(spec.limit === undefined ? plain() : thresholdsOf(spec.limit));
  if (spec.words !== undefined) panel.mappings([wordsOf(spec.words, language)]);
  return panel;
}

function wordsOf(words: Readonly<Record<string, Text>>, language: Language): ValueMapping {
  const options = Object.entries(words).map(([value, text], index) => [
    value,
    { text: inLanguage(text, language), index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

function tablePanel(spec: TableSpec, language: Language, at: GridPos): Builder<Panel> {
  const panel = basics(new TableBuilder(), spec, language, at).filterable(true).showHeader(true);
  const columnOf = (index: number) => (spec.columns.length === 1 ? 'Value' : `Value #${refIdOf(index)}`);
  const renamed: Record<string, string> = {};
  const order: Record<string, number> = {};
  const hidden: Record<string, boolean> = { Time: true };
  for (const [label, title] of spec.labels) {
    renamed[label] = inLanguage(title, language);
    order[label] = Object.keys(order).length;
  }
  for (const [index, { expr, shown }] of spec.columns.entries()) {
    panel.withTarget(query(refIdOf(index), expr, '', language).instant().format(PromQueryFormat.Table));
    const name = columnOf(index);
    if (shown === undefined) {
      hidden[name] = true;
      continue;
    }
    renamed[name] = inLanguage(shown.title, language);
    order[name] = Object.keys(order).length;
    const properties: DynamicConfigValue[] = [{ id: 'unit', value: UNITS[shown.unit] }];
    if (shown.limit !== undefined) {
      properties.push(
        { id: 'thresholds', value: thresholdsOf(shown.limit).build() },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      );
    }
    panel.overrideByName(renamed[name], properties);
  }
  // The fields bear their new names by the time a link is made.
  const titles = new Map(spec.labels);
  const titleOf = (label: string) => inLanguage(titles.get(label) ?? [label, label], language);
  const ofRow = (label: string) => variable(`__data.fields["${titleOf(label)}"]`);
  const leads = (label: string, to: Builder<DashboardLink>) =>
    panel.overrideByName(titleOf(label), [{ id: 'links', value: [to.build()] }]);
  if (spec.linked !== undefined && spec.page !== undefined) leads(spec.linked, toConsole(spec.page, language, ofRow));
  if (spec.runbookOf !== undefined) leads(spec.runbookOf, toRunbook(ofRow(spec.runbookOf), language));
  const sortedBy = renamed[columnOf(spec.sort.column)] ?? '';
  return panel
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: { excludeByName: hidden, indexByName: order, renameByName: renamed },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortedBy).desc(!spec.sort.ascending)]);
}

function plain(): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: PLAIN }]);
}

function thresholdsOf({ warn, bad, below = false }: Limit): ThresholdsConfigBuilder {
  const steps = below
    ? [
        { value: null, color: RED },
        { value: bad, color: warn === undefined ? GREEN : YELLOW },
        ...(warn === undefined ? [] : [{ value: warn, color: GREEN }]),
      ]
    : [
        { value: null, color: GREEN },
        ...(warn === undefined ? [] : [{ value: warn, color: YELLOW }]),
        { value: bad, color: RED },
      ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

import type { Text } from './text.ts';

/** Units as Grafana calls them. */
export const UNITS = {
  number: 'short',
  yuan: 'currency:financial:¥',
  seconds: 's',
  ratio: 'percentunit',
  bytes: 'bytes',
  perSecond: 'cps',
  requests: 'reqps',
  yesNo: 'bool_yes_no',
} as const;
export type Unit = keyof typeof UNITS;

/** Pages of the console; of the last three there is one for each thing. */
export type ConsolePage =
  | 'fleet'
  | 'operations'
  | 'policies'
  | 'accounts'
  | 'holds'
  | 'queues'
  | 'account'
  | 'policy'
  | 'instance';

export interface QuerySpec {
  readonly expr: string;
  /** As Grafana fills it in, `{{account}}`; a word of ours in both languages. */
  readonly legend: string | Text;
}

/** From which value on somebody has something to do. `below`: what is less than that is bad, else what is not less. */
export interface Limit {
  readonly warn?: number;
  readonly bad: number;
  readonly below?: boolean;
}

interface PanelBasics {
  /** Unique in its dashboard, and never given to another panel: links and annotations name it. */
  readonly id: number;
  readonly title: Text;
  /** What it shows and how to read it. */
  readonly about: Text;
  readonly unit: Unit;
  /** Of 24. */
  readonly width: number;
  /** The alert whose runbook the panel leads to. */
  readonly runbook?: string;
  /** Where in the console a click on a value leads: of what the value's labels name, where it is about one thing. */
  readonly page?: ConsolePage;
  readonly limit?: Limit;
}

export interface SeriesSpec extends PanelBasics {
  readonly kind: 'series';
  readonly queries: readonly QuerySpec[];
  readonly stacked?: boolean;
  /** Bars, for what is counted per interval. */
  readonly bars?: boolean;
  /** Steps, for what is one thing and then another. */
  readonly steps?: boolean;
  readonly max?: number;
}

export interface StatSpec extends PanelBasics {
  readonly kind: 'stat';
  readonly query: QuerySpec;
  /** What a value is called. */
  readonly words?: Readonly<Record<string, Text>>;
  /** The values of labels instead of the number. */
  readonly nameOnly?: boolean;
}

/** One query of a table. */
export interface ColumnQuery {
  readonly expr: string;
  /** Its value is a column; absent: only its labels are. */
  readonly shown?: { readonly title: Text; readonly unit: Unit; readonly limit?: Limit };
}

export interface TableSpec extends PanelBasics {
  readonly kind: 'table';
  /** In lines of the grid, where few rows are to be expected. */
  readonly height?: number;
  /** The label columns in their order, and what they are called; rows are the same where these are the same. */
  readonly labels: readonly (readonly [label: string, title: Text])[];
  /** The column whose value links to `page`. */
  readonly linked?: string;
  /** The column whose value is an alert, and links to its runbook. */
  readonly runbookOf?: string;
  readonly columns: readonly ColumnQuery[];
  /** The column (by its place in `columns`) to sort by, the smallest first where `ascending`. */
  readonly sort: { readonly column: number; readonly ascending: boolean };
}

export type PanelSpec = SeriesSpec | StatSpec | TableSpec;

export interface RowSpec {
  readonly id: number;
  readonly title: Text;
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: Text;
  readonly about: Text;
  readonly rows: readonly RowSpec[];
}

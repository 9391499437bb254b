import type { FleetRow } from './source.ts';

const SORT_KEYS = ['name', 'status', 'activity', 'cost', 'expires', 'next'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** What the address asks of the fleet: '' where it does not. */
export interface FleetQuery {
  readonly text: string;
  readonly account: string;
  readonly status: string;
  readonly activity: string;
  /** `held`: only what somebody holds. */
  readonly show: '' | 'held';
  /** A column, with `-` before it from the top down. */
  readonly sort: string;
  readonly isNarrow: boolean;
}

export function fleetQuery(query: URLSearchParams): FleetQuery {
  const get = (key: string) => (query.get(key) ?? '').slice(0, 100);
  const sort = get('sort');
  const [text, account, status, activity] = [get('q').trim(), get('account'), get('status'), get('activity')];
  const show = get('show') === 'held' ? 'held' : '';
  return {
    text,
    account,
    status,
    activity,
    show,
    sort: SORT_KEYS.some((key) => sort === key || sort === `-${key}`) ? sort : '',
    isNarrow: [text, account, status, activity, show].some((each) => each !== ''),
  };
}

/** The rows that fit, in the order asked for; by name where none is. Every word of the text must stand somewhere. */
export function select(rows: readonly FleetRow[], query: FleetQuery): readonly FleetRow[] {
  const words = query.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const fitting = rows.filter(
    (row) =>
      (query.account === '' || row.account === query.account) &&
      (query.status === '' || row.status === query.status) &&
      (query.activity === '' || (row.activity?.verdict ?? 'unknown') === query.activity) &&
      (query.show === '' || row.hold !== null) &&
      (words.length === 0 || fits(row, words)),
  );
  const isDown = query.sort.startsWith('-');
  const key = SORT_KEYS.find((each) => query.sort === each || query.sort === `-${each}`) ?? 'name';
  const compare = COMPARE[key];
  return fitting.sort((a, b) => {
    const order = compare(a, b);
    return (isDown ? -order : order) || byName(a, b);
  });
}

function fits(row: FleetRow, words: readonly string[]): boolean {
  const labels = Object.entries(row.labels).map(([name, value]) => `${name}=${value}`);
  const text = [row.name, row.key, row.gpu, row.room, row.provider, row.billing, ...labels].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
/** What has none comes last from the bottom up. */
const byNumber = (a: number | null, b: number | null) => (a ?? Number.MAX_VALUE) - (b ?? Number.MAX_VALUE);
const byName = (a: FleetRow, b: FleetRow) => byText(a.name, b.name) || byText(a.key, b.key);

const COMPARE: Readonly<Record<SortKey, (a: FleetRow, b: FleetRow) => number>> = {
  name: byName,
  status: (a, b) => byText(a.status, b.status),
  activity: (a, b) =>
    byText(a.activity?.verdict ?? '~', b.activity?.verdict ?? '~') ||
    byNumber(a.activity?.since ?? null, b.activity?.since ?? null),
  cost: (a, b) => (a.costFenPerHour ?? -1) - (b.costFenPerHour ?? -1),
  expires: (a, b) => byNumber(a.expiresAt, b.expiresAt),
  next: (a, b) => byNumber(a.next?.at ?? null, b.next?.at ?? null),
};

/** The address with another order: the same column again turns it round. */
export function sortLink(query: URLSearchParams, key: SortKey, sort: string): string {
  const next = new URLSearchParams(query);
  const isFirst = key === 'cost' ? '-cost' : key;
  next.set('sort', sort === key ? `-${key}` : sort === `-${key}` ? key : isFirst);
  return `/?${next.toString()}`;
}

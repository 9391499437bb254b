import type { PlanRow } from '../decide/plan.ts';
import { toCursor } from '../web/cursor.ts';
import type { ListQuery, Page } from '../web/source.ts';

/** A page behind the row that was seen last: rows that come and go meanwhile make it skip and repeat nothing. */
export function pageBehind<T>(
  items: readonly T[],
  query: ListQuery,
  keyOf: (item: T) => string,
  view: (item: T) => unknown,
): Page {
  const { cursor, limit } = query;
  const keyed = items.map((item) => ({ key: keyOf(item), item }));
  const rest = keyed.filter(({ key }) => cursor === null || key > cursor).sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  return { items: page.map(({ item }) => view(item)), next: last === undefined ? null : toCursor(last.key) };
}

/** What is acted on comes first, in the order of a plan; then by instance and policy. */
export function planKey(row: PlanRow): string {
  const rank = PLAN_ORDER.indexOf(row.decision);
  const step = row.step === null ? '' : String(row.step);
  return [rank, row.instance ?? row.account, row.policy, row.action, step, row.occurrence ?? ''].join('\n');
}

const PLAN_ORDER = ['act', 'notify', 'announce', 'refuse', 'tidy'] as const satisfies readonly PlanRow['decision'][];

/** A page by its place: policies stand in the order of their files, which only a reload changes. */
export function pageAt<T>(items: readonly T[], query: ListQuery, view: (item: T) => unknown): Page {
  const from = query.cursor === null ? 0 : Number(query.cursor);
  const to = from + query.limit;
  return { items: items.slice(from, to).map(view), next: to < items.length ? String(to) : null };
}

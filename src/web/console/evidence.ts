import { html } from 'hono/html';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Operation } from '../../fleet/operation.ts';
import { shown, spanIn, time } from './format.ts';
import { catalogue } from './language.ts';
import { told } from './told.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

/** How the value of a fact is read. */
const KINDS = {
  listingAt: 'time',
  status: 'word',
  statusSince: 'time',
  billing: 'word',
  during: 'text',
  windowOpenedAt: 'time',
  windowClosedAt: 'time',
  cron: 'text',
  tickAt: 'time',
  idleFor: 'span',
  idleSince: 'time',
  activityReadAt: 'time',
  probes: 'text',
  watchedSince: 'time',
  missed: 'text',
  expiresWithin: 'span',
  expiresAt: 'time',
  runningFor: 'span',
  upSince: 'time',
  stoppedFor: 'span',
  stoppedAt: 'time',
  statusFor: 'span',
  balance: 'yuan',
  balanceBelow: 'yuan',
  runway: 'span',
  runwayBelow: 'span',
  costPerHour: 'yuan',
  announcedAt: 'time',
  attempt: 'text',
} as const;

type Fact = keyof typeof KINDS;

const NAMES = catalogue<Readonly<Record<Fact, string>>>({
  en: {
    listingAt: 'Listing of',
    status: 'Status',
    statusSince: 'in it since',
    billing: 'Billing',
    during: 'Window',
    windowOpenedAt: 'opened at',
    windowClosedAt: 'Window closed at',
    cron: 'Schedule',
    tickAt: 'its time',
    idleFor: 'Idle for at least',
    idleSince: 'Idle since',
    activityReadAt: 'Activity read at',
    probes: 'Probes',
    watchedSince: 'Watched since',
    missed: 'Gaps in that',
    expiresWithin: 'Paid for less than',
    expiresAt: 'Paid until',
    runningFor: 'Up for at least',
    upSince: 'Up since',
    stoppedFor: 'Stopped for at least',
    stoppedAt: 'Stopped at',
    statusFor: 'In this status for at least',
    balance: 'Balance',
    balanceBelow: 'Balance below',
    runway: 'The money lasts',
    runwayBelow: 'It lasts less than',
    costPerHour: 'Costs an hour',
    announcedAt: 'Announced at',
    attempt: 'Attempt',
  },
  zh: {
    listingAt: '列表时间',
    status: '状态',
    statusSince: '进入该状态',
    billing: '计费',
    during: '时间窗',
    windowOpenedAt: '时间窗开始',
    windowClosedAt: '时间窗结束',
    cron: '定时',
    tickAt: '触发时间',
    idleFor: '空闲至少',
    idleSince: '空闲自',
    activityReadAt: '活动读取于',
    probes: '探针',
    watchedSince: '连续观察自',
    missed: '其间缺口',
    expiresWithin: '距到期不足',
    expiresAt: '付费至',
    runningFor: '已开机至少',
    upSince: '开机于',
    stoppedFor: '已关机至少',
    stoppedAt: '关机于',
    statusFor: '处于该状态至少',
    balance: '余额',
    balanceBelow: '余额低于',
    runway: '余额可用',
    runwayBelow: '可用时间少于',
    costPerHour: '每小时费用',
    announcedAt: '预告于',
    attempt: '第几次',
  },
});

const AFTER = { en: 'After it', zh: '影响' };

/** Kept beside one another for programs; people read them as one sentence in their language. */
const AFTERMATH: readonly string[] = ['lost', 'kept', 'notDocumented'];

/** What a decision rested on, in the reader's words and on the reader's clock; what nobody has named stays as it is. */
export function evidenceRows(
  evidence: Readonly<Record<string, unknown>>,
  visit: Visit,
): readonly (readonly [string, Html | string])[] {
  return Object.entries(evidence).flatMap(([name, value]) => {
    if ((typeof value !== 'string' && typeof value !== 'number') || AFTERMATH.includes(name)) return [];
    return isFact(name)
      ? [[NAMES[visit.language][name], read(KINDS[name], String(value), visit)] as const]
      : [[name, html`<code>${shown(String(value))}</code>`] as const];
  });
}

/** What comes of an act that interrupts, where its evidence says so. */
export function aftermathRow(
  { evidence, provider, action }: Pick<Operation, 'evidence' | 'provider' | 'action'>,
  visit: Visit,
): readonly (readonly [string, string])[] {
  const isSaid = AFTERMATH.some((name) => (evidence[name] ?? null) !== null);
  return isSaid ? [[AFTER[visit.language], told({ kind: 'aftermath', provider, action }, visit)]] : [];
}

function isFact(name: string): name is Fact {
  return Object.hasOwn(KINDS, name);
}

function read(kind: (typeof KINDS)[Fact], value: string, visit: Visit): Html | string {
  switch (kind) {
    case 'time': {
      const at = Date.parse(value);
      return Number.isNaN(at) ? shown(value) : time(at, visit);
    }
    case 'word':
      return wordIn(visit.language, value);
    case 'span':
      return spanIn(value, visit.language);
    case 'yuan':
      return `¥${shown(value)}`;
    case 'text':
      return shown(value);
    default:
      return assertNever(kind);
  }
}

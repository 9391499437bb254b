import { assertNever } from '../../../fleet/assert-never.ts';
import type { Simulation } from '../../simulate.ts';
import type { Happening } from '../machines.ts';
import type { Doing } from '../track.ts';

export const REPORT_LANGUAGES = ['en', 'zh'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

/** Everything that a report says, but for names and what is counted; `{…}` is filled in. */
export interface ReportWords {
  readonly htmlLang: string;
  readonly title: string;
  readonly subtitle: string;
  readonly doing: Readonly<Record<Doing, string>>;
  readonly kinds: Readonly<Record<Simulation['coming'][number]['kind'] | 'refused' | Happening['kind'], string>>;
  /** Why a cloud refuses; another word is shown as it is. */
  readonly refusals: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<Label, string>>;
  /** What is said otherwise of the days of a recording by other policies, and of those days as they were. */
  readonly recorded: Readonly<Record<RecordedWord, string>>;
  readonly asRecorded: Readonly<Record<AsRecordedWord, string>>;
  readonly assumptions: Readonly<Record<AssumptionWord, string>>;
}

const LABELS = [
  'saved',
  'savedNote',
  'up',
  'upNote',
  'paid',
  'paidNote',
  'interruptions',
  'interruptionsNote',
  'assumed',
  'cost',
  'costNote',
  'partOfDay',
  'with',
  'without',
  'savings',
  'savingsNote',
  'balance',
  'balanceNote',
  'balanceOf',
  'renewals',
  'asTable',
  'day',
  'total',
  'fleet',
  'fleetHelp',
  'find',
  'allAccounts',
  'order',
  'byListing',
  'bySaved',
  'byActs',
  'byName',
  'zoomIn',
  'zoomOut',
  'zoomFit',
  'acts',
  'actsNote',
  'allPolicies',
  'allKinds',
  'doneOnly',
  'when',
  'what',
  'machine',
  'account',
  'policy',
  'reason',
  'previous',
  'next',
  'page',
  'none',
  'machines',
  'hoursUp',
  'hoursWithout',
  'yuan',
  'yuanWithout',
  'unpriced',
  'onlyThis',
  'allMachines',
  'noScript',
  'empty',
  'policies',
  'seed',
  'since',
  'did',
  'noted',
  'because',
  'hourOf',
  'comma',
  'never',
] as const;
type Label = (typeof LABELS)[number];

type RecordedWord = 'title' | 'savedNote' | 'upNote' | 'with' | 'without' | 'hoursWithout' | 'yuanWithout';

type AsRecordedWord = 'title' | 'with' | 'doneOnly' | 'act' | 'refused';

type AssumptionWord =
  | 'asNow'
  | 'file'
  | 'recorded'
  | 'atOnce'
  | 'moneyMoves'
  | 'asRecorded'
  | 'withoutAny'
  | 'unrecorded'
  | 'untold'
  | 'clouds'
  | 'unpriced'
  | 'unknown'
  | 'unread'
  | 'endless'
  | 'observing'
  | 'cut'
  | 'broke';

const EN: ReportWords = {
  htmlLang: 'en',
  title: 'Lamplighter: simulated days',
  subtitle: '{from} to {until} ({zone}); {machines} machines, {policies} policies',
  doing: {
    busy: 'at work',
    idle: 'idle',
    unknown: 'nobody can tell',
    moving: 'on its way',
    off: 'stopped',
    cardless: 'stopped without cards',
    gone: 'gone',
  },
  kinds: {
    act: 'done',
    notify: 'told',
    announce: 'announced',
    observe: 'only observed',
    kept: 'kept from being done',
    refused: 'refused by the cloud',
    'person-start': 'started by its person',
    expired: 'paid time over, stopped',
    released: 'released after its paid time',
    arrears: 'no money left, stopped',
    'top-up': 'money paid in',
  },
  refusals: {
    'not-found': 'no such machine',
    'wrong-status': 'not in its state',
    'wrong-stop-mode': 'stopped otherwise',
    'wrong-billing': 'not as it is billed',
    'no-balance': 'no money',
    'no-stock': 'no cards',
    saving: 'an image is being saved',
    expired: 'its paid time is over',
  },
  labels: {
    saved: 'Saved',
    savedNote: 'by the hour, against the same days without policies',
    up: 'Hours up',
    upNote: 'instead of {without} h',
    paid: 'Renewals',
    paidNote: 'and changes of billing, paid at once',
    interruptions: 'Interruptions',
    interruptionsNote: '{busy} of them of machines at work',
    assumed: 'Taken for granted',
    cost: 'Cost by the hour',
    costNote: 'yuan in 24 hours, so that the area under the line is what is paid; shaded: only a part of the day',
    partOfDay: '{day} ({hours} h of it)',
    with: 'with policies',
    without: 'without',
    savings: 'Savings',
    savingsNote: 'yuan, added up',
    balance: 'Balance',
    balanceOf: 'Balance of {account}',
    balanceNote: 'yuan; a mark where paid time or money ended',
    renewals: 'renewals',
    asTable: 'As a table',
    day: 'Day',
    total: 'Total',
    fleet: 'The fleet, hour by hour',
    fleetHelp:
      'Point at it, or move through it with the arrow keys; Page Up and Page Down go by ten machines, Home and End to the ends, Enter shows the acts of that machine alone. + and − zoom.',
    find: 'Find a machine',
    allAccounts: 'All accounts',
    order: 'Order',
    byListing: 'as listed',
    bySaved: 'most saved',
    byActs: 'most acts',
    byName: 'by name',
    zoomIn: 'Closer',
    zoomOut: 'Further',
    zoomFit: 'All of it',
    acts: 'Acts and their reasons',
    actsNote: '{count} entries',
    allPolicies: 'All policies',
    allKinds: 'Everything',
    doneOnly: 'Only what is done',
    when: 'When',
    what: 'What',
    machine: 'Machine',
    account: 'Account',
    policy: 'Policy',
    reason: 'Reason',
    previous: 'Previous',
    next: 'Next',
    page: '{page} of {pages}',
    none: 'none',
    machines: 'Machines',
    hoursUp: 'Hours up',
    hoursWithout: 'without policies',
    yuan: 'Yuan',
    yuanWithout: 'without policies',
    unpriced: 'no known price',
    onlyThis: 'Only {machine}',
    allMachines: 'All machines',
    noScript: 'Without scripts this page shows the totals alone; lamplighter simulate --json has the rest.',
    empty: 'There is no machine.',
    policies: 'The policies',
    seed: 'seed {seed}',
    since: '{doing} since {at}',
    did: '{action}: {kind}',
    noted: '{what} ({note})',
    because: ' – {policy}: {reason}',
    hourOf: '{machine} ({account}), {at}: {doings}',
    comma: ', ',
    never: 'never',
  },
  recorded: {
    title: 'Lamplighter: recorded days',
    savedNote: 'by the hour, against what was recorded',
    upNote: 'recorded: {without} h',
    with: 'with these policies',
    without: 'as recorded',
    hoursWithout: 'as recorded',
    yuanWithout: 'as recorded',
  },
  asRecorded: {
    title: 'Lamplighter: recorded days',
    with: 'as recorded',
    doneOnly: 'Only what was to be done',
    act: 'decided',
    refused: 'called off by the last look',
  },
  assumptions: {
    asNow: 'Machines go on with what they are at now: what idles idles, what works works, and nobody comes or goes.',
    file: 'Machines work as the fleet file says, with the dice of seed {seed}.',
    recorded:
      'Machines work as they did on the days of the recording, where that is known; one that was down at the time goes on as before.',
    atOnce: 'What is decided is done at once; what the policies of the time did was not.',
    moneyMoves:
      'Balances are as recorded, less what is spent beyond what was then and more what is not, as far as prices are known.',
    asRecorded:
      'Machines, balances and decisions are as recorded; what was sent may still have failed, which the machines show.',
    withoutAny:
      'Without policies what they stopped goes on as before; what they had done before the recording is as it was.',
    unrecorded:
      "{hours} h of the accounts' time were not recorded: they count for nothing, and nobody can tell of them.",
    untold: '{count} of {all} machines were for a time at something that nobody can tell.',
    clouds: 'Starting, stopping and saving images take the time and end as they do in the simulated clouds.',
    unpriced: '{count} of {all} machines have no known price and are left out of the yuan.',
    unknown: '{count} of {all} machines are at something that no probe can tell, and are never stopped for idling.',
    unread: '{count} of {all} machines cannot be read, and stay as they are.',
    endless: 'The money of {names} never ends, since nobody knows what is on it.',
    observing: '{names}: only observed; nothing of that is done.',
    broke: 'The money of {name} ends {at}, without policies {without}; what is paid by the hour stops then.',
    cut: 'There was too much to decide: only the time until {until} was looked at.',
  },
};

const ZH: ReportWords = {
  htmlLang: 'zh-CN',
  title: 'Lamplighter：模拟的日子',
  subtitle: '{from} 至 {until}（{zone}）；{machines} 台机器，{policies} 条策略',
  doing: {
    busy: '工作中',
    idle: '空闲',
    unknown: '无法判断',
    moving: '切换中',
    off: '已关机',
    cardless: '无卡关机',
    gone: '已不存在',
  },
  kinds: {
    act: '已执行',
    notify: '已通知',
    announce: '已预告',
    observe: '仅观察',
    kept: '被阻止',
    refused: '被平台拒绝',
    'person-start': '使用者自己开机',
    expired: '付费时间用完，已关机',
    released: '到期后被释放',
    arrears: '余额用完，已关机',
    'top-up': '充值',
  },
  refusals: {
    'not-found': '实例不存在',
    'wrong-status': '当前状态不允许',
    'wrong-stop-mode': '关机方式不符',
    'wrong-billing': '计费方式不允许',
    'no-balance': '余额不足',
    'no-stock': '没有空闲的显卡',
    saving: '正在保存镜像',
    expired: '已到期',
  },
  labels: {
    saved: '节省',
    savedNote: '按小时计费部分，与同样日子里没有策略相比',
    up: '开机小时',
    upNote: '没有策略时为 {without} 小时',
    paid: '续费',
    paidNote: '含改计费方式，一次性支付',
    interruptions: '中断次数',
    interruptionsNote: '其中 {busy} 次机器正在工作',
    assumed: '前提',
    cost: '按小时计费的费用',
    costNote: '每 24 小时，元；线下的面积就是所付的钱；有底色处只是一天的一部分',
    partOfDay: '{day}（其中 {hours} 小时）',
    with: '有策略',
    without: '没有策略',
    savings: '累计节省',
    savingsNote: '元',
    balance: '余额',
    balanceOf: '{account} 的余额',
    balanceNote: '元；付费时间或余额用完处有标记',
    renewals: '续费',
    asTable: '以表格显示',
    day: '日期',
    total: '合计',
    fleet: '逐小时的机队',
    fleetHelp:
      '用鼠标指向，或用方向键移动；Page Up 和 Page Down 跳十台，Home 和 End 到两端，回车只看这台机器的操作。+ 和 − 缩放。',
    find: '查找机器',
    allAccounts: '全部账号',
    order: '排序',
    byListing: '按列表',
    bySaved: '节省最多',
    byActs: '操作最多',
    byName: '按名称',
    zoomIn: '放大',
    zoomOut: '缩小',
    zoomFit: '全部',
    acts: '操作及其原因',
    actsNote: '共 {count} 条',
    allPolicies: '全部策略',
    allKinds: '全部',
    doneOnly: '只看已执行的',
    when: '时间',
    what: '内容',
    machine: '机器',
    account: '账号',
    policy: '策略',
    reason: '原因',
    previous: '上一页',
    next: '下一页',
    page: '第 {page} 页，共 {pages} 页',
    none: '没有',
    machines: '机器',
    hoursUp: '开机小时',
    hoursWithout: '没有策略时',
    yuan: '元',
    yuanWithout: '没有策略时',
    unpriced: '价格未知',
    onlyThis: '只看 {machine}',
    allMachines: '全部机器',
    noScript: '没有脚本时本页只显示合计；其余见 lamplighter simulate --json。',
    empty: '没有机器。',
    policies: '策略',
    seed: '种子 {seed}',
    since: '{at} 起{doing}',
    did: '{action}：{kind}',
    noted: '{what}（{note}）',
    because: ' – {policy}：{reason}',
    hourOf: '{machine}（{account}），{at}：{doings}',
    comma: '、',
    never: '不会',
  },
  recorded: {
    title: 'Lamplighter：记录下来的日子',
    savedNote: '按小时计费部分，与记录相比',
    upNote: '记录为 {without} 小时',
    with: '用这些策略',
    without: '照记录',
    hoursWithout: '照记录',
    yuanWithout: '照记录',
  },
  asRecorded: {
    title: 'Lamplighter：记录下来的日子',
    with: '照记录',
    doneOnly: '只看决定要做的',
    act: '决定执行',
    refused: '执行前最后一看时取消',
  },
  assumptions: {
    asNow: '机器照现在的样子继续：空闲的继续空闲，工作的继续工作，没有人来，也没有人走。',
    file: '机器按机队文件里写的工作，随机数种子为 {seed}。',
    recorded: '机器照记录的那几天工作，凡是知道的；当时关着的机器照旧运行。',
    atOnce: '决定的事立刻做成；当时的策略做过的事算作没有做。',
    moneyMoves: '余额照记录，减去比当时多花的，加上比当时少花的，凡是价格已知的。',
    asRecorded: '机器、余额和决定都照记录；发出去的也可能没有成功，看机器的样子便知。',
    withoutAny: '没有策略时，被策略关掉的机器照旧运行；记录开始之前策略做过的事照旧。',
    unrecorded: '各账号共有 {hours} 小时没有记录：不计入，显示为无法判断。',
    untold: '{all} 台机器中有 {count} 台在一段时间里无法判断。',
    clouds: '开机、关机和保存镜像所需的时间和结果与模拟的平台相同。',
    unpriced: '{all} 台机器中有 {count} 台价格未知，不计入金额。',
    unknown: '{all} 台机器中有 {count} 台没有探针能判断，因此从不因空闲而关机。',
    unread: '{all} 台机器中有 {count} 台无法读取，保持原样。',
    endless: '{names} 的余额不会用完，因为没有人知道上面有多少钱。',
    observing: '{names}：仅观察，不会执行。',
    broke: '{name} 的余额用完：{at}；没有策略时：{without}。按小时计费的机器届时停止。',
    cut: '要决定的事太多：只算到 {until}。',
  },
};

export const REPORT_WORDS: Readonly<Record<ReportLanguage, ReportWords>> = { en: EN, zh: ZH };

/** What a report of these days says. */
export function wordsFor(language: ReportLanguage, work: Simulation['assumptions']['work']): ReportWords {
  const words = REPORT_WORDS[language];
  switch (work) {
    case 'as-now':
    case 'file':
      return words;
    case 'recorded': {
      const { title, ...labels } = words.recorded;
      return { ...words, title, labels: { ...words.labels, ...labels } };
    }
    case 'as-recorded': {
      const { title, act, refused, ...labels } = words.asRecorded;
      return { ...words, title, kinds: { ...words.kinds, act, refused }, labels: { ...words.labels, ...labels } };
    }
    default:
      return assertNever(work);
  }
}

/** A text with its gaps filled in. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (gap, key: string) => String(values[key] ?? gap));
}

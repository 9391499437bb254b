import { assertNever } from '../../fleet/assert-never.ts';
import { chineseSpan } from '../../fleet/chinese-span.ts';
import { chinese } from '../../fleet/detail/chinese.ts';
import { ACTION, STATUS } from '../../fleet/detail/zh/words.ts';
import type { Said } from '../../fleet/said.ts';
import { wallTime } from '../../fleet/wall-time.ts';
import type { Catalogue, Frame, LanguageWords } from './draft.ts';
import { CLASS, READ_FAILURE, REASON, UNFREEZE, WHY_FROZEN } from './zh-reasons.ts';

const frame = {
  instance: '实例',
  account: '账号',
  policy: '策略',
  evidence: '依据',
  cost: '费用',
  next: '接下来',
  todo: '请处理',
  stop: '如何阻止',
  after: '影响',
  detail: '详情',
  holdLink: '保留这台实例',
  holdMany: '保留其中几台或全部',
  console: '控制台',
  named: (name, key) => `${name}（${key}）`,
  reason: '……',
  more: (count) => `另有 ${count} 条`,
  digest: (count, critical) => `${count} 条通知${critical === 0 ? '' : `，其中 ${critical} 条紧急`}`,
  repeat: (title) => `仍未解决：${title}`,
  since: '开始于',
  zone: '时间所在时区',
  perHour: (yuan) => `每小时 ¥${yuan}`,
  time: (at, zone) => `${wallTime(at, zone)}（${zone}）`,
} satisfies Frame;

const FULL_WIDTH_END = /[，。；：（）、！？“”]$/u;
const FULL_WIDTH_START = /^[，。；：（）、！？“”]/u;

/** A template in which the space beside full-width punctuation, which a value may end or begin with, is left out. */
function tidy(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce((said, text, index) => {
    const value = index === 0 ? '' : String(values[index - 1]);
    const before = FULL_WIDTH_START.test(value) && said.endsWith(' ') ? said.slice(0, -1) : said;
    const so = before + value;
    return FULL_WIDTH_END.test(so) && text.startsWith(' ') ? so + text.slice(1) : so + text;
  }, '');
}

type Outcome = Extract<Said, { kind: 'outcome' }>['outcome'];

/** Who asked: a policy, a person, or a person who applied or approved what a policy asks for. */
function askedBy(by: string, policy: string): string {
  if (policy === '') return tidy`由 ${by.replace(/^person /, '')} 要求`;
  return by.startsWith('person ')
    ? tidy`由 ${by.replace(/^person /, '')} 按策略 ${policy} 要求`
    : tidy`由策略 ${policy} 要求`;
}

function ended(outcome: Outcome): string {
  switch (outcome) {
    case 'confirmed':
      return '已完成';
    case 'rejected':
      return '被平台拒绝';
    case 'escalated':
      return '需要人来处理';
    case 'superseded':
      return '已不需要';
    default:
      return assertNever(outcome);
  }
}

const why = (reason: keyof typeof REASON, detail: string) =>
  detail === '' ? REASON[reason] : `${REASON[reason]}：${detail}`;
const settle = (operation: string) =>
  tidy`执行 lamplighter approve ${operation} --reason "……" 再发一次，或 lamplighter close ${operation} --reason "……" 以其他方式了结`;
const classesOf = (classes: Extract<Said, { kind: 'frozen' }>['classes']) =>
  classes.map((each) => CLASS[each]).join('和');
const at = (account: string) => (account === '' ? '' : `账号 ${account} 的`);
const readFailure = (reason: string | null) => READ_FAILURE[reason ?? ''] ?? reason ?? '原因不明';
const statusOf = (status: string | null) =>
  Object.entries(STATUS).find(([word]) => word === status)?.[1] ?? status ?? '';

const catalogue = {
  announced: (
    { action, deadlineAt, idleSinceAt, probes, yuanPerHour, aftermath },
    { subject, policy, time, clock },
  ) => ({
    title: tidy`${subject} 将于 ${time(deadlineAt)} ${ACTION[action]}`,
    item: tidy`${subject}，${clock(deadlineAt)}${yuanPerHour === null ? '' : tidy`，每小时 ¥${yuanPerHour}`}`,
    many: tidy`策略 ${policy} 将对 {n} 台实例${ACTION[action]}`,
    evidence:
      idleSinceAt === null ? '' : tidy`自 ${time(idleSinceAt)} 起空闲${probes === null ? '' : tidy`（${probes}）`}`,
    cost: yuanPerHour === null ? '每小时费用未知' : tidy`每小时 ¥${yuanPerHour}`,
    next: tidy`策略 ${policy} 将于 ${time(deadlineAt)} 对它${ACTION[action]}；期间有活动就取消`,
    manyNext: tidy`策略 ${policy} 到点对每台${ACTION[action]}；期间哪台有活动就取消哪台`,
    after: aftermath,
    holdable: true,
  }),
  'notice-off': ({ action, why: reason, detail }, { subject, policy }) => ({
    title: tidy`已取消：原定对 ${subject} 的${action === null ? '操作' : ACTION[action]}`,
    item: tidy`${subject}：${REASON[reason]}`,
    many: tidy`策略 ${policy} 预告的 {n} 项操作已取消`,
    evidence: REASON[reason],
    next: '暂时不会动它',
    detail,
  }),
  'balance-low': ({ own, yuan, belowYuan, runway, runwayBelow }, { account }) => {
    const money = [
      ...(yuan === null ? [] : [tidy`余额 ¥${yuan}${belowYuan === null ? '' : tidy`，低于 ¥${belowYuan}`}`]),
      ...(runway === null
        ? []
        : [tidy`还可用 ${chineseSpan(runway)}${runwayBelow === null ? '' : tidy`，少于 ${chineseSpan(runwayBelow)}`}`]),
    ].join('；');
    return {
      title: own ?? tidy`账号 ${account} 余额不足${money === '' ? '' : tidy`：${money}`}`,
      item: tidy`${account}：${money === '' ? '余额不足' : money}`,
      many: '{n} 个账号余额不足',
      evidence: money,
      next: '现有实例会继续运行，直到平台因欠费将其关停',
      todo: '到平台控制台充值',
    };
  },
  'balance-recovered': (_said, { account, policy }) => ({
    title: tidy`账号 ${account} 的余额已恢复到限度以上`,
    item: tidy`${account}：已高于策略 ${policy} 的限度`,
    many: '{n} 个账号的余额已恢复到限度以上',
  }),
  'expiry-soon': ({ own, expiresAt }, { subject, time, clock }) => ({
    title: own ?? (expiresAt === null ? tidy`${subject} 即将到期` : tidy`${subject} 将于 ${time(expiresAt)} 到期`),
    item: tidy`${subject}${expiresAt === null ? '' : tidy`，${clock(expiresAt)} 到期`}`,
    many: '{n} 台实例即将到期',
    next: '到期后平台会将其停用，除非有人或策略续费',
    todo: '续费，或者保存其中的数据',
  }),
  stuck: ({ own, status, sinceAt }, { subject, time, clock }) => ({
    title: own ?? tidy`${subject} 卡在“${statusOf(status)}”`,
    item: tidy`${subject}：${statusOf(status)}${sinceAt === null ? '' : tidy`，自 ${clock(sinceAt)} 起`}`,
    many: '{n} 台实例卡住了',
    evidence: tidy`${statusOf(status)}${sinceAt === null ? '' : tidy`，自 ${time(sinceAt)} 起`}`,
    todo: '到平台控制台查看',
  }),
  'policy-notice': ({ own }, { subject, policy }) => ({
    title: own,
    item: subject === '' || own.includes(subject) ? own : tidy`${subject}：${own}`,
    many: tidy`策略 ${policy} 的 {n} 条消息`,
  }),
  lapsed: ({ detail }, { subject, policy }) => ({
    title: tidy`${subject} 已到期，策略 ${policy} 本应续费`,
    item: tidy`${subject}：${detail}`,
    many: '{n} 台本应续费的实例已到期',
    evidence: detail,
    next: '到期后不会自动续费；平台可能很快将其删除',
    todo: '立即到平台控制台续费，或者保存其中的数据',
  }),
  unpaid: ({ detail }, { subject, account }) => ({
    title: tidy`${subject} 没有续费：已达到当天限额`,
    item: tidy`${subject}：${detail}`,
    many: tidy`账号 ${account} 已达到当天限额，{n} 台实例没有续费`,
    evidence: detail,
    next: '在明天之前，或者提高限额之前，该账号不会再有任何续费',
    todo: tidy`提高 lamplighter.yaml 中账号 ${account} 的 spendLimit，或者手工续费`,
  }),
  'restarted-soon': ({ restarts, stoppedAt, startedAt, aloneFor }, { subject, policy, time, clock }) => ({
    title: tidy`${subject} 被策略 ${policy} 关机后很快又被人开机`,
    item: tidy`${subject}，${clock(startedAt)} 开机`,
    many: tidy`{n} 台实例被策略 ${policy} 关机后很快又被人开机`,
    evidence: tidy`${time(stoppedAt)} 关机，${time(startedAt)} 有人开机${restarts === 1 ? '' : tidy`；已连续 ${restarts} 次`}`,
    next: tidy`${chineseSpan(aloneFor)}内该策略不再动它`,
    todo: '策略可能判断有误：检查它的探针和 idleFor',
    holdable: true,
  }),
  'unclear-payment': ({ action, expiresAt }, { subject, time, clock }) => ({
    title: tidy`${subject} 的${ACTION[action]}没有明确答复，付费时间到 ${time(expiresAt)} 为止`,
    item: tidy`${subject}，${clock(expiresAt)} 到期`,
    many: '{n} 笔付费没有明确答复，而且所剩时间不多',
    next: '不会自动重发；每次读取列表都会核实是否生效',
    todo: '到平台控制台查看是否已扣费；没有的话手工续费',
  }),
  blind: ({ count, named, yuanPerHour }, { account }) => ({
    title: tidy`账号 ${account} 有 ${count} 台实例无法判断是否在用`,
    item: named.join('；'),
    many: '{n} 次报告有实例无法判断是否在用',
    evidence: named.join('；'),
    ...(yuanPerHour !== null && { cost: tidy`每小时 ¥${yuanPerHour}` }),
    next: '在探针能判断之前，不会因空闲而关闭它们',
    todo: '检查探针：lamplighter why ACCOUNT/ID',
  }),
  'busy-for-nothing': ({ detail, yuanPerHour }, { subject }) => ({
    title: tidy`${subject} 显示忙碌，却没有在计算`,
    item: tidy`${subject}：${detail}`,
    many: '{n} 台实例显示忙碌，却没有在计算',
    evidence: detail,
    ...(yuanPerHour !== null && { cost: tidy`每小时 ¥${yuanPerHour}` }),
    next: '它不会因空闲而被关闭，会继续计费',
    todo: '检查内核是否卡死；手工中断内核或关机',
  }),
  frozen: ({ classes, reason, detail }, { account }) => ({
    title: tidy`${at(account)}${classesOf(classes)}操作已冻结：${WHY_FROZEN[reason]}`,
    item: tidy`${at(account)}${classesOf(classes)}操作：${WHY_FROZEN[reason]}`,
    many: '{n} 类操作已冻结',
    evidence: WHY_FROZEN[reason],
    next: tidy`解除之前不会发出任何${classesOf(classes)}请求`,
    todo: UNFREEZE[reason],
    detail,
  }),
  unfrozen: ({ classes }, { account }) => ({
    title: tidy`${at(account)}${classesOf(classes)}操作已恢复`,
    item: tidy`${at(account)}${classesOf(classes)}操作`,
    many: '{n} 项冻结已解除',
  }),
  breaker: ({ limit }, { account }) => ({
    title: tidy`账号 ${account} 一小时内不再付费`,
    item: tidy`${account}：没有明确答复`,
    many: '{n} 个账号一小时内不再付费',
    evidence: tidy`一小时内有超过 ${limit} 个付费请求没有明确答复`,
    next: '最后一个这样的请求过去一小时后恢复付费操作',
    todo: '到平台控制台查看这些请求是否生效',
  }),
  'breaker-closed': (_said, { account }) => ({
    title: tidy`账号 ${account} 的付费操作已恢复`,
    item: account,
    many: '{n} 个账号的付费操作已恢复',
  }),
  'foreign-listing': ({ known, listed }, { account }) => ({
    title: tidy`账号 ${account} 的令牌似乎属于另一个账号`,
    item: account,
    many: '{n} 个账号的令牌似乎属于别的账号',
    evidence: tidy`已知的 ${known} 台实例没有一台出现在它列出的 ${listed} 台之中`,
    next: '换回原来的令牌之前，不会对该账号做任何操作',
    todo: tidy`换回正确的令牌；如果令牌没有错，执行 lamplighter reconcile --listing ${account}`,
  }),
  'shrunken-listing': ({ before, now }, { account }) => ({
    title: tidy`账号 ${account} 的实例列表一下子从 ${before} 台减到 ${now} 台`,
    item: tidy`${account}：${before} → ${now}`,
    many: '{n} 个账号的实例列表突然变少',
    next: '在确认之前，不会在该账号关机、销毁或创建任何实例',
    todo: tidy`到平台控制台查看；如果属实，执行 lamplighter reconcile --listing ${account}`,
  }),
  'listing-recovered': ({ listed }, { account }) => ({
    title: tidy`账号 ${account} 的实例列表已恢复可信：${listed} 台`,
    item: tidy`${account}：${listed} 台`,
    many: '{n} 个账号的实例列表已恢复可信',
  }),
  unreachable: ({ detail }, { account, notification }) => ({
    title: tidy`账号 ${account} 读取失败：${readFailure(notification.reason)}`,
    item: tidy`${account}：${readFailure(notification.reason)}`,
    many: '{n} 个账号读取失败',
    next: '恢复之前，不会对该账号做任何操作',
    todo: notification.reason === 'unauthorised' ? '在它的令牌文件中换上有效的令牌' : '检查网络和云平台',
    detail,
  }),
  reachable: (_said, { account }) => ({
    title: tidy`账号 ${account} 已恢复读取`,
    item: account,
    many: '{n} 个账号已恢复读取',
  }),
  outcome: ({ outcome, action, reason, detail, by, operation }, { subject, policy }) => ({
    title: tidy`${subject} 的${ACTION[action]}${ended(outcome)}`,
    item: tidy`${subject}（${why(reason, detail)}）${outcome === 'escalated' ? tidy`，操作 ${operation}` : ''}`,
    many: tidy`{n} 台实例的${ACTION[action]}${ended(outcome)}`,
    evidence: why(reason, detail),
    detail: tidy`${askedBy(by, policy)}；操作 ${operation}`,
    ...(outcome === 'escalated' && {
      next: '不会自动重发',
      todo: tidy`到平台控制台查看结果，然后${settle(operation)}`,
      manyTodo: tidy`到平台控制台逐台查看结果，然后${settle('OPERATION')}`,
    }),
  }),
  'operation-closed': ({ action, operation, detail }, { subject }) => ({
    title: tidy`已由人关闭：${subject} 的${ACTION[action]}`,
    item: tidy`${subject}：${ACTION[action]}`,
    many: '{n} 项操作已由人关闭',
    detail: tidy`${operation}${detail === '' ? '' : tidy`：${detail}`}`,
  }),
  'reload-held': ({ things, example, acknowledge }) => ({
    title: tidy`规则改动已扣住：它会新允许 ${things} 件事`,
    item: example,
    many: '{n} 次规则改动已扣住',
    evidence: tidy`它会新允许，例如：${example}`,
    next: '改动之前的规则继续有效',
    todo: tidy`要接受它，对 /-/reload 发 POST，内容为 {"acknowledge":"${acknowledge}"}，或者发送 SIGHUP`,
  }),
  'reach-widened': ({ things, before, example }) => ({
    title: tidy`规则改动管得更宽了：新允许 ${things} 件事，此前为 ${before} 件`,
    item: example,
    many: '{n} 次规则改动管得更宽了',
    evidence: tidy`新允许的，例如：${example}`,
    todo: '如果不是本意，请改回来；设置 reload: careful 之后，这样的改动会等人确认',
  }),
  invalid: ({ errors, first }) => ({
    title: '策略或配置不能用',
    item: first,
    many: '策略或配置不能用，共 {n} 次',
    next: '上一份正确的继续有效',
    todo: 'lamplighter validate 会指出错在哪里',
    detail: tidy`${first}${errors > 1 ? tidy`；另有 ${errors - 1} 处` : ''}`,
  }),
  valid: ({ policies }) => ({
    title: tidy`策略又能读取了：${policies} 条生效`,
    item: tidy`${policies} 条生效`,
    many: '策略又能读取了',
  }),
} satisfies Catalogue;

export const zh: LanguageWords = { frame, catalogue, detail: chinese };

import type { Aftermath } from '../../aftermath.ts';
import type { DECIDING } from '../deciding.ts';
import type { Wording } from '../spec.ts';
import { ZH_AFTERMATHS } from './aftermaths.ts';
import { tidy } from './tidy.ts';
import { wordZh } from './words.ts';

function aftermathOf(provider: string, action: string): Aftermath | undefined {
  const ofCloud = Object.entries(ZH_AFTERMATHS).find(([name]) => name === provider)?.[1];
  return Object.entries(ofCloud ?? {}).find(([name]) => name === action)?.[1];
}

export const ZH_DECIDING: Wording<typeof DECIDING> = {
  'all-paused': () => '已暂停一切操作',
  'no-such-action': ({ provider, action }) => tidy`${provider} 没有“${wordZh(action)}”`,
  'cannot-destroy': ({ billing }) => `${wordZh(billing)}计费的实例不能销毁`,
  'expiry-untold': ({ provider }) => tidy`${provider} 不提供实例的到期时间`,
  'balance-untold': ({ provider }) => tidy`${provider} 不提供余额`,
  untold: ({ provider }) => tidy`${provider} 不提供`,
  'action-unlisted': ({ account, action }) => tidy`账号 ${account} 的 actions 中没有“${wordZh(action)}”`,
  'foreign-token': ({ account }) => tidy`账号 ${account} 的列表里没有一台已知的实例：令牌似乎属于另一个账号`,
  'new-token': ({ account }) => tidy`账号 ${account} 的令牌换过了，还没有列表能证明是同一个账号`,
  'balance-unknown': ({ account }) => tidy`账号 ${account} 的余额未知`,
  'listing-untrusted': ({ account, trust, takenAt }, { time }) =>
    tidy`账号 ${account} 的${wordZh(trust)}（${takenAt === null ? '从未读到' : tidy`${time(takenAt)} 读取`}）`,
  'listing-doubtful': ({ account }) => tidy`账号 ${account} 的列表不可信`,
  missing: () => '最近一次列表里没有它',
  'row-unreadable': ({ problems }) => `它在列表中的一行读不懂：${problems.join('、')}`,
  'status-unknown': ({ raw }) => `不认识它的状态“${raw}”`,
  'end-untold': () => '它是预付费的，平台却没有给出到期时间',
  'billing-unknown': ({ raw }) => `不认识它的计费方式“${raw}”`,
  'facts-unknown': () => '所需的信息未知',
  protected: () => '它带有保护标签',
  held: ({ owner, until, why }, { time }) =>
    tidy`${owner} 要求保留${until === null ? '' : tidy`到 ${time(until)}`}：${why}`,
  'saving-image': () => '正在保存它的镜像',
  'reversible-off': ({ why }, { detail }) => `该账号的可恢复操作已停用：${detail(why)}`,
  'paid-off': ({ account, why }, { detail }) => tidy`账号 ${account} 的付费和销毁操作已停用：${detail(why)}`,
  'paid-off-unclear': ({ account }) => tidy`账号 ${account} 有太多付费请求没有明确答复，付费和销毁操作已停用`,
  'paid-off-ledger': ({ account }) => tidy`账号 ${account} 的付费和销毁操作已停用，核对账本后恢复`,
  'until-reconciled': ({ reason, why }, { detail }) =>
    tidy`已冻结（${wordZh(reason)}：${detail(why)}），执行 lamplighter reconcile 后恢复`,
  'credentials-refused': ({ account }) => tidy`账号 ${account} 拒绝了我们的凭据`,
  'up-since-unknown': () => '不知道它何时开机',
  'up-too-short': ({ upSince, leastMs, restarts }, { time, span }) =>
    tidy`${time(upSince)} 开机，还不到 ${span(leastMs)}${restarts === 0 ? '' : tidy`，且已 ${restarts} 次在关机后不久又被开机`}`,
  'no-probe': () => '没有为它配置探针',
  'activity-unknown': ({ reason, why }, { detail }) =>
    `无法判断它是否在用：${wordZh(reason)}${why === null ? '' : `（${detail(why)}）`}`,
  'blind-by': ({ reason, why }, { detail }) => (why === null ? wordZh(reason) : `${wordZh(reason)}（${detail(why)}）`),
  'not-judged': () => '没有探针能判断它',
  'too-many-holes': ({ holes, withinMs }, { span }) =>
    tidy`查看得不够密，不足以证明空闲：最近 ${span(withinMs)} 内有 ${holes} 处空缺`,
  'read-ago': ({ agoMs }, { span }) => tidy`上次读到它的活动是 ${span(agoMs)} 前`,
  'read-unknown': () => '不知道它的活动是何时读到的',
  'taken-in-pass': () => '这一轮已有另一项操作要对它执行',
  'operation-open': () => '它有一项操作尚未结束',
  'another-open': () => '它有另一项操作尚未结束',
  'renewed-half-unit': ({ at }, { time }) => tidy`${time(at)} 续过费，还不到半个计费周期`,
  'renewed-lately': ({ at, withinMs }, { time, span }) => tidy`${time(at)} 续过费，还不到 ${span(withinMs)}`,
  'acted-lately': ({ at, withinMs }, { time, span }) => tidy`${time(at)} 执行过，还不到 ${span(withinMs)}`,
  opposed: ({ policy, action }) =>
    tidy`排在前面的${policy === null ? '另一条策略' : tidy`策略 ${policy}`} 要的与“${wordZh(action)}”相反`,
  'wants-down': ({ policy }) => tidy`排在前面的策略 ${policy} 要它关机`,
  'percent-unknown': ({ percent, account, trust }) =>
    tidy`算不出账号 ${account} 的 ${percent}% 是多少：${wordZh(trust)}`,
  'full-minute': ({ used, most, account }) => tidy`账号 ${account} 最近一分钟已执行 ${used} 次，上限 ${most} 次`,
  'full-pass': ({ used, most }) => tidy`这一轮已执行 ${used} 次，上限 ${most} 次`,
  'full-hour': ({ used, most }) => tidy`最近一小时已执行 ${used} 次，上限 ${most} 次`,
  'no-spend-limit': ({ account }) => tidy`账号 ${account} 没有设花费限额，没有限额就不付费`,
  'calls-spent': ({ account, calls, most }) => tidy`账号 ${account} 今天已有 ${calls} 次付费请求，上限 ${most} 次`,
  'price-unknown': () => '没有为这台实例配置价格，无法按金额限额',
  'money-spent': ({ costFen, spentFen, mostFen }, { yuan }) =>
    `今天已花 ¥${yuan(spentFen)}，再花 ¥${yuan(costFen)} 就超过限额 ¥${yuan(mostFen)}`,
  'announced-for': ({ at }, { time }) => tidy`已预告，将于 ${time(at)} 执行`,
  'announced-untaken': () => '已预告，但没有一个通知渠道收下',
  'hourly-cannot-renew': () => '按小时计费的实例不能续费',
  'billing-not-renewed': ({ billing }) => `这条策略不为${wordZh(billing)}计费的实例续费`,
  'cannot-lengthen': ({ to }) => `按月计费的实例不能改为${wordZh(to)}`,
  'tick-missed': ({ occurrence }) => tidy`${occurrence} 这一次没有及时执行`,
  'start-is': ({ state }) => `这次开机${wordZh(state)}`,
  'next-try': ({ at }, { time }) => tidy`${time(at)} 再试`,
  'status-is': ({ status }) => wordZh(status),
  'not-low': () => '余额和可用时间都还够',
  'not-the-time': () => '还没到时间',
  'told-already': () => '这一次已经通知过',
  'being-told': () => '这一次正在通知',
  'needs-instance': ({ action }) => `“${wordZh(action)}”必须针对实例`,
  would: ({ action, announced, costFen, because }, { yuan, detail }) =>
    `若执行会${announced ? '预告' : ''}${wordZh(action)}${costFen === null ? '' : `（¥${yuan(costFen)}）`}：${detail(because)}`,
  'would-tell': ({ what }, { detail }) => `若执行会通知：${detail(what)}`,
  'would-start': () => '若执行会开机：它的策略现在只观察',
  'will-do': ({ action, name, costFen }, { yuan }) =>
    tidy`${wordZh(action)} ${name}${costFen === null ? '' : `，¥${yuan(costFen)}`}`,
  'will-announce': ({ action, name, at }, { time }) => tidy`预告将于 ${time(at)} 对 ${name} ${wordZh(action)}`,
  'called-off': ({ why }) => `预告的关机已取消：${wordZh(why)}`,
  'no-start-owed': ({ why }) => `不再欠它一次开机：${wordZh(why)}`,
  'balance-enough': ({ account }) => tidy`账号 ${account} 的余额又够了`,
  'policy-off': () => '策略已停用',
  'no-match': ({ match }) => tidy`不匹配：${match}`,
  'nothing-due': () => '没有要做的',
  'at-work': () => '正在工作',
  'somebody-there': () => '有人在用',
  'kept-by-lease': () => '机器上有人要求保留',
  'idle-too-short': () => '空闲还不够久',
  'started-lately': ({ restarts }) =>
    `开机不久${restarts === 0 ? '' : tidy`，且已 ${restarts} 次在关机后不久又被开机`}`,
  aftermath: ({ provider, action }) => {
    const aftermath = aftermathOf(provider, action);
    if (aftermath === undefined) return '会丢失什么，平台文档没有说明';
    return `会丢失：${aftermath.loses}；会保留：${aftermath.keeps}；文档没有说明：${aftermath.notDocumented}`;
  },
  'kernel-hangs': ({ silentMs }) =>
    tidy`一个 Jupyter 内核显示忙碌却没有在做事：已 ${Math.floor(silentMs / 3_600_000)} 小时没有消息，GPU 和 CPU 都空闲；请手工重启内核或关机`,
};

import type { CONDITIONS } from '../conditions.ts';
import type { Detail } from '../detail.ts';
import type { Say, Wording } from '../spec.ts';
import { tidy } from './tidy.ts';
import { wordZh } from './words.ts';

/** Since what idleness is counted, where it is not the activity itself. */
const CAUSES: Readonly<Record<string, string>> = {
  boot: '，从开机算起',
  watch: '，从不间断查看算起',
  'policy-edit': '，从策略或其判断依据改动算起',
  'daemon-start': '，从守护进程启动算起',
  hold: '，从保留结束算起',
};

const both = (facts: readonly Detail[], { detail }: Say) => facts.map(detail).join('，');

export const ZH_CONDITIONS: Wording<typeof CONDITIONS> = {
  'due-instance': ({ name, instance, facts }, say) =>
    tidy`${name === '' ? instance : tidy`${name}（${instance}）`} ${both(facts, say)}。`,
  'due-account': ({ account, facts }, say) => tidy`账号 ${account} ${both(facts, say)}。`,
  'in-window': ({ window }) => tidy`处于时间窗 ${window}`,
  'by-schedule': ({ cron, at }, { time }) => tidy`按计划 ${cron} 应于 ${time(at)} 执行`,
  'idle-since': ({ since }, { time }) => tidy`自 ${time(since)} 起空闲`,
  'expires-within': ({ expiresAt, withinMs }, { time, span }) =>
    tidy`将于 ${time(expiresAt)} 到期，在 ${span(withinMs)} 之内`,
  'up-longer': ({ since, thanMs }, { time, span }) => tidy`自 ${time(since)} 起开机，超过 ${span(thanMs)}`,
  'stopped-longer': ({ since, thanMs }, { time, span }) => tidy`自 ${time(since)} 起关机，超过 ${span(thanMs)}`,
  'status-longer': ({ status, since, thanMs }, { time, span }) =>
    tidy`自 ${time(since)} 起${wordZh(status)}，超过 ${span(thanMs)}`,
  'balance-below': ({ fen, belowFen }, { yuan }) =>
    `余额${fen === null ? '未知' : ` ¥${yuan(fen)}`}，低于 ¥${yuan(belowFen)}`,
  'runway-below': ({ runwayMs, belowMs, fen }, { span, yuan }) =>
    tidy`余额还可用 ${span(runwayMs)}，少于 ${span(belowMs)}（${fen === null ? '余额未知' : `余额 ¥${yuan(fen)}`}）`,
  'matches-policy': ({ policy }) => tidy`匹配策略 ${policy}`,
  'list-done': ({ policy, actions }) => tidy`：策略 ${policy} 已执行${actions.map(wordZh).join('、')}`,

  'outside-window': () => '不在时间窗内',
  'no-tick': () => '策略首次出现以来还没有到过计划时间',
  'tick-late': () => '上一次计划时间已超出 catchUp 允许的补做时间',
  'conditions-fail': ({ facts }, { all }) => `条件未全部满足：${all(facts)}`,
  'expired-at': ({ at }, { time }) => tidy`已于 ${time(at)} 到期，到期后不再续费`,
  'not-ready': ({ status, billing }) => `${wordZh(status)}（计费：${wordZh(billing)}）`,
  'under-way': () => '这一次正在执行',
  'failed-once': () => '这一次没有成功',
  'done-once': () => '这一次已执行',
  'person-started': ({ at }, { time }) => tidy`有人在时间窗内于 ${time(at)} 开了机`,
  'changed-since-tick': () => '它是在计划时间之后才变成这样的',
  'not-up': ({ status, wantedMs }, { span }) => tidy`${wordZh(status)}，没有开机满 ${span(wantedMs)}`,
  'up-for': ({ ms, wantedMs }, { span }) => tidy`已开机 ${span(ms)}，需满 ${span(wantedMs)}`,
  'no-expiry': ({ withinMs }, { span }) => tidy`没有到期时间，不会在 ${span(withinMs)} 内到期`,
  'expires-later': ({ expiresAt, withinMs }, { time, span }) =>
    tidy`${time(expiresAt)} 到期，不在 ${span(withinMs)} 之内`,
  'balance-wanted': ({ belowFen }, { yuan }) => `余额需低于 ¥${yuan(belowFen)}`,
  'runway-wanted': ({ belowMs }, { span }) => tidy`余额可用时间需少于 ${span(belowMs)}`,
  'not-idle': ({ activity, wantedMs }, { span }) => tidy`活动：${wordZh(activity)}，没有空闲满 ${span(wantedMs)}`,
  'people-protect': ({ until, wantedMs }, { time, span }) =>
    tidy`有人在用，保护到 ${time(until)}；没有空闲满 ${span(wantedMs)}`,
  'lease-protects': ({ until, wantedMs }, { time, span }) =>
    tidy`机器上有人要求保留，保护到 ${time(until)}；没有空闲满 ${span(wantedMs)}`,
  'not-idle-status': ({ status, wantedMs }, { span }) => tidy`${wordZh(status)}，没有空闲满 ${span(wantedMs)}`,
  'idle-for': ({ ms, wantedMs, since }, { span }) =>
    tidy`已空闲 ${span(ms)}，需满 ${span(wantedMs)}${CAUSES[since] ?? ''}`,
  'other-status': ({ status, wanted, wantedMs }, { span }) =>
    tidy`${wordZh(status)}，没有${wanted.map(wordZh).join('或')}满 ${span(wantedMs)}`,
  'status-for': ({ status, ms, wantedMs }, { span }) => tidy`${wordZh(status)} ${span(ms)}，需满 ${span(wantedMs)}`,
};

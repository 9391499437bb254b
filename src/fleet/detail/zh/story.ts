import type { Wording } from '../spec.ts';
import type { STORY } from '../story.ts';
import { tidy } from './tidy.ts';
import { wordZh } from './words.ts';

export const ZH_STORY: Wording<typeof STORY> = {
  'operation-moved': ({ action, from, to, why }, { detail }) =>
    `${wordZh(action)}：${from === null ? '' : `${wordZh(from)} → `}${wordZh(to)}${why === null ? '' : `（${detail(why)}）`}`,
  'not-done': ({ action, whom, why }, { detail }) => tidy`没有对 ${whom} ${wordZh(action)}：${detail(why)}`,
  'now-due': ({ action, name, instance }) => tidy`应对 ${name}（${instance}）${wordZh(action)}`,
  'will-be-done': ({ policy, action, name, instance, at }, { time }) =>
    tidy`策略 ${policy} 将于 ${time(at)} 对 ${name}（${instance}）${wordZh(action)}`,
  'announcement-off': ({ policy, instance, why }) =>
    tidy`策略 ${policy} 预告对 ${instance} 的关机已取消：${wordZh(why)}`,
  'start-not-owed': ({ policy, instance, why }) => tidy`${instance} 不再需要为策略 ${policy} 开机：${wordZh(why)}`,
  'time-missed': ({ policy, target, why }, { detail }) =>
    tidy`策略 ${policy} 错过了对 ${target} 的时间：${detail(why)}`,
  'asked-elsewhere': ({ action, instance, other, operation }) =>
    tidy`没有对 ${instance} ${wordZh(action)}：同一编号的机器已在 ${other} 名下由操作 ${operation} 处理；配置里是否把同一个云账号写了两次？`,
};

import type { Action } from '../../action.ts';
import type { ActivitySignal, ActivityVerdict, UnknownActivityReason } from '../../activity.ts';
import type { FreezeReason } from '../../freeze.ts';
import type { OperationState } from '../../operation.ts';
import type { OperationReason } from '../../reason.ts';
import type { Billing, Status } from '../../status.ts';

export const STATUS: Readonly<Record<Status, string>> = {
  creating: '创建中',
  starting: '开机中',
  running: '运行中',
  stopping: '关机中',
  stopped: '已关机',
  restarting: '重启中',
  destroyed: '已销毁',
  unknown: '未知',
};

const BILLING: Readonly<Record<Billing, string>> = {
  hourly: '按小时',
  daily: '按天',
  monthly: '按月',
  unknown: '未知',
};

export const ACTION: Readonly<Record<Action, string>> = {
  stop: '关机',
  'cardless-stop': '无卡关机',
  start: '开机',
  restart: '重启',
  snapshot: '保存镜像',
  renew: '续费',
  lengthen: '改为更长的计费周期',
  destroy: '销毁',
  notify: '通知',
  rebuild: '重装',
  create: '创建',
  'shutdown-timer': '定时关机',
};

const ACTIVITY: Readonly<Record<ActivityVerdict, string>> = {
  active: '在用',
  idle: '空闲',
  unknown: '未知',
  'not-applicable': '不适用',
};

const UNKNOWN: Readonly<Record<UnknownActivityReason, string>> = {
  'no-probe': '没有探针',
  'no-reading': '还没有读数',
  unreachable: '连不上',
  unauthorised: '登录被拒绝',
  'bad-answer': '答复不可用',
  'address-refused': '地址不允许访问',
  'no-credentials': '没有凭据',
  'host-key-changed': '主机密钥变了',
  'no-data': '没有数据',
  'counter-reset': '计数器归零',
  stale: '读数过时',
  'not-judged': '没有探针能判断',
};

const SIGNAL: Readonly<Record<ActivitySignal, string>> = {
  gpu: '显卡',
  'gpu-processes': '显卡进程',
  cpu: 'CPU',
  disk: '磁盘',
  network: '网络',
  queue: '队列',
  kernel: '内核',
  requests: '请求',
  model: '模型',
  metric: '指标',
  session: '会话',
  tab: '页面',
  terminal: '终端',
  transfer: '传输',
  'keep-alive': '保留文件',
};

const FREEZE: Readonly<Record<FreezeReason, string>> = {
  amnesia: '账本可能有遗失',
  excess: '多付了费',
  invariant: '程序缺陷',
  redis: 'Redis 设置不足',
  settling: 'Redis 刚重启',
  clock: '时钟不可信',
  unreadable: '原因读不出来',
};

type Tidied = 'policy-removed' | 'hold' | 'activity' | 'no-longer-due' | 'done' | 'up' | 'lapsed' | 'gone';
const WHY: Readonly<Record<Tidied | Extract<OperationReason, 'spend-limit' | 'frozen' | 'paused'>, string>> = {
  'policy-removed': '策略已删除',
  hold: '有人要求保留',
  activity: '看到了活动',
  'no-longer-due': '条件不再成立',
  done: '已执行',
  up: '已经开机',
  lapsed: '已过时',
  gone: '实例已不在',
  'spend-limit': '达到花费限额',
  frozen: '已冻结',
  paused: '已暂停',
};

const STATE: Readonly<Record<OperationState, string>> = {
  armed: '已备好',
  sending: '正在发出',
  accepted: '平台已接受',
  uncertain: '没有明确答复',
  verifying: '核实中',
  confirmed: '已完成',
  rejected: '被拒绝',
  escalated: '等人处理',
  superseded: '已不需要',
  cancelled: '已取消',
};

const OTHERS: Readonly<Record<string, string>> = {
  'stale-snapshot': '列表已过时',
  'incomplete-snapshot': '列表不完整',
  'shrunken-snapshot': '列表突然变少',
  good: '列表正常',
  operation: '操作',
  open: '正在执行',
  failed: '没有成功',
};

const WORDS: ReadonlyMap<string, string> = new Map(
  [OTHERS, STATE, SIGNAL, FREEZE, UNKNOWN, ACTIVITY, WHY, ACTION, BILLING, STATUS].flatMap((words) =>
    Object.entries(words),
  ),
);

/** A word of a closed list in Chinese; one that is in none stays as it is. */
export function wordZh(word: string): string {
  return WORDS.get(word) ?? word;
}

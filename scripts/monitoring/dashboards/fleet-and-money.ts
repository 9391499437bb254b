import { MACHINE, ofAccount, ofAlerts, ofJob, once } from '../select.ts';
import type { DashboardSpec } from '../spec.ts';

const COST = once(MACHINE, ofAccount('instance_cost_yuan_per_hour'));
const IDLE = once(MACHINE, ofAccount('instance_activity', 'verdict="idle"'));
const UP = once(MACHINE, ofAccount('instance_status', 'status=~"running|starting|restarting"'));
const PAID_FOR = `min by (${MACHINE}) (${ofAccount('instance_expiry_timestamp_seconds')}) - time()`;

/** Since when each alert has been there, of those that fire and do not only wait for it. */
const FIRING = `${ofAlerts('ALERTS_FOR_STATE')} and ignoring (alertstate) ${ofAlerts('ALERTS', 'alertstate="firing"')}`;

export const fleetAndMoney: DashboardSpec = {
  uid: 'lamplighter-fleet-and-money',
  title: ['Lamplighter / Fleet and money', 'Lamplighter / 实例与费用'],
  about: [
    'What runs, what it costs, how long the money lasts, and what was saved.',
    '什么在运行，花多少钱，钱还能用多久，省了多少。',
  ],
  rows: [
    {
      id: 1,
      title: ['Now', '现在'],
      panels: [
        {
          kind: 'stat',
          id: 11,
          width: 3,
          unit: 'number',
          page: 'fleet',
          title: ['Up', '开机'],
          about: ['Instances that are up or on their way up.', '开着的，或正在开机的实例。'],
          query: { expr: `count(${UP}) or vector(0)`, legend: ['up', '开机'] },
        },
        {
          kind: 'stat',
          id: 12,
          width: 3,
          unit: 'number',
          page: 'fleet',
          title: ['Idle', '空闲'],
          about: [
            'Instances that are up and that a probe has shown to do nothing now.',
            '开着，而探针证明现在无事可做的实例。',
          ],
          query: { expr: `count(${IDLE}) or vector(0)`, legend: ['idle', '空闲'] },
        },
        {
          kind: 'stat',
          id: 13,
          width: 3,
          unit: 'yuan',
          page: 'fleet',
          title: ['Cost per hour', '每小时费用'],
          about: [
            'What all instances cost an hour now, where prices are known. Paid days and months count by the hour.',
            '所有实例现在每小时的费用，只算知道价格的。包日、包月折算到小时。',
          ],
          query: { expr: `sum(${COST})`, legend: ['yuan an hour', '元/小时'] },
        },
        {
          kind: 'stat',
          id: 14,
          width: 3,
          unit: 'yuan',
          page: 'fleet',
          title: ['Idle cost per hour', '空闲费用/小时'],
          about: [
            'What the idle instances cost an hour. That is what a policy could save.',
            '空闲实例每小时的费用，也就是策略还能省下的。',
          ],
          query: { expr: `sum(${COST} and on (${MACHINE}) ${IDLE}) or vector(0)`, legend: ['yuan an hour', '元/小时'] },
        },
        {
          kind: 'stat',
          id: 15,
          width: 3,
          unit: 'yuan',
          page: 'policies',
          title: ['Saved so far', '累计节省'],
          about: [
            'An estimate, by the known hourly prices, of what was not spent because a policy had stopped an instance.',
            '因策略关机而没有花掉的钱，按已知的小时价估算。',
          ],
          query: { expr: `sum(${once('job, policy', ofJob('saved_yuan_total'))})`, legend: ['yuan', '元'] },
        },
        {
          kind: 'stat',
          id: 16,
          width: 3,
          unit: 'seconds',
          page: 'accounts',
          runbook: 'LamplighterBalanceRunway',
          title: ['Shortest runway', '最短可用时间'],
          about: [
            'How long the cash lasts on the account where it lasts shortest. 慧星云 does not tell its balance.',
            '现金最先用完的账号还能用多久。慧星云不提供余额。',
          ],
          limit: { warn: 86_400, bad: 14_400, below: true },
          query: { expr: `min(${ofAccount('account_runway_seconds')})`, legend: ['runway', '可用时间'] },
        },
        {
          kind: 'stat',
          id: 17,
          width: 3,
          unit: 'number',
          page: 'fleet',
          runbook: 'LamplighterExpiryNear',
          title: ['Ends within a day', '一天内到期'],
          about: [
            'Instances whose paid time ends within 24 hours, renewed by a policy or not.',
            '付费时间在 24 小时内结束的实例，不论有没有策略续费。',
          ],
          query: { expr: `count((${PAID_FOR}) < 86400) or vector(0)`, legend: ['instances', '实例'] },
        },
        {
          kind: 'stat',
          id: 18,
          width: 3,
          unit: 'number',
          page: 'operations',
          runbook: 'LamplighterOperationEscalated',
          title: ['Waits for a person', '等人处理'],
          about: ['Operations of which nobody can tell whether they were carried out.', '不知道是否已经执行的操作。'],
          limit: { bad: 1 },
          query: {
            expr: `sum(${once('job, account', ofAccount('operations_escalated'))})`,
            legend: ['operations', '操作'],
          },
        },
        {
          kind: 'table',
          id: 19,
          width: 24,
          height: 6,
          unit: 'number',
          runbookOf: 'alertname',
          title: ['Alerts', '告警'],
          about: [
            'What Prometheus raises about Lamplighter, the newest first. A click on an alert opens its runbook.',
            'Prometheus 正在发出的关于 Lamplighter 的告警，最新的在前。点击告警打开它的处理手册。',
          ],
          labels: [
            ['severity', ['Severity', '级别']],
            ['alertname', ['Alert', '告警']],
            ['account', ['Account', '账号']],
            ['exported_instance', ['Instance', '实例']],
          ],
          columns: [
            {
              expr: `time() - ${once('severity, alertname, account, exported_instance', FIRING)}`,
              shown: { title: ['For', '已持续'], unit: 'seconds' },
            },
          ],
          sort: { column: 0, ascending: true },
        },
      ],
    },
    {
      id: 2,
      title: ['Money', '费用'],
      panels: [
        {
          kind: 'series',
          id: 21,
          width: 12,
          unit: 'yuan',
          stacked: true,
          page: 'account',
          title: ['Cost per hour by account', '各账号每小时费用'],
          about: [
            'By listed or configured prices; instances without a known price are not in it.',
            '按列表中或配置的价格；没有价格的实例不计。',
          ],
          queries: [{ expr: `sum by (account) (${COST})`, legend: '{{account}}' }],
        },
        {
          kind: 'series',
          id: 22,
          width: 12,
          unit: 'yuan',
          page: 'account',
          title: ['Spent per hour, as seen', '实际每小时花费'],
          about: [
            'By what the balance has lost over the last six hours; by prices where no balance is told.',
            '按余额最近六小时的减少计算；没有余额的按价格。',
          ],
          queries: [{ expr: once('account', ofAccount('account_burn_yuan_per_hour')), legend: '{{account}}' }],
        },
        {
          kind: 'series',
          id: 23,
          width: 8,
          unit: 'yuan',
          page: 'account',
          runbook: 'LamplighterBalanceRunway',
          title: ['Balance', '余额'],
          about: [
            'Cash; compute cards (算力卡) apart, since they may be bound to certain pods.',
            '现金；算力卡另列，因为可能只限某些 pod 使用。',
          ],
          queries: [
            { expr: once('account', ofAccount('account_balance_yuan')), legend: '{{account}}' },
            {
              expr: once('account', ofAccount('account_cards_yuan')),
              legend: ['{{account}} cards', '{{account}} 算力卡'],
            },
          ],
        },
        {
          kind: 'series',
          id: 24,
          width: 8,
          unit: 'seconds',
          page: 'account',
          runbook: 'LamplighterBalanceRunway',
          title: ['Runway', '可用时间'],
          about: [
            'How long the cash is expected to last, with what policies do by the calendar and the renewals due; and if nothing is stopped, or all that may be.',
            '算上策略按日程要做的和到期要续的，现金预计还能用多久；以及什么都不关、能关的都关时的值。',
          ],
          limit: { warn: 86_400, bad: 14_400, below: true },
          queries: [
            { expr: `min by (account) (${ofAccount('account_runway_seconds')})`, legend: '{{account}}' },
            {
              expr: `min by (account) (${ofAccount('account_runway_pessimistic_seconds')})`,
              legend: ['{{account}} pessimistic', '{{account}} 悲观'],
            },
            {
              expr: `min by (account) (${ofAccount('account_runway_optimistic_seconds')})`,
              legend: ['{{account}} optimistic', '{{account}} 乐观'],
            },
          ],
        },
        {
          kind: 'series',
          id: 25,
          width: 8,
          unit: 'yuan',
          page: 'account',
          runbook: 'LamplighterSpendLimitReached',
          title: ['Paid today, and the limit', '今日已付与限额'],
          about: [
            'What the paid requests of today are held to cost, and `perDay` of the spendLimit.',
            '今天的付费请求算下来的费用，以及 spendLimit 的 `perDay`。',
          ],
          queries: [
            { expr: once('account', ofAccount('paid_yuan_today')), legend: '{{account}}' },
            { expr: once('account', ofAccount('paid_yuan_limit')), legend: ['{{account}} limit', '{{account}} 限额'] },
          ],
        },
        {
          kind: 'series',
          id: 26,
          width: 12,
          unit: 'yuan',
          page: 'policy',
          title: ['Saved by policy', '各策略累计节省'],
          about: ['Running total, an estimate by the known hourly prices.', '累计值，按已知的小时价估算。'],
          queries: [{ expr: once('policy', ofJob('saved_yuan_total')), legend: '{{policy}}' }],
        },
        {
          kind: 'series',
          id: 28,
          width: 12,
          unit: 'yuan',
          page: 'policy',
          title: ['Saved in 24 hours', '24 小时内节省'],
          about: [
            'What each policy saved in the 24 hours before; an estimate. `lamplighter savings` has it by machine, label and day.',
            '各策略在之前 24 小时内省下的钱，估算值。`lamplighter savings` 可以按机器、标签和日期查看。',
          ],
          queries: [{ expr: once('policy', `increase(${ofJob('saved_yuan_total')}[1d])`), legend: '{{policy}}' }],
        },
        {
          kind: 'series',
          id: 29,
          width: 12,
          unit: 'number',
          page: 'policy',
          title: ['Stops in 24 hours, and wrong ones', '24 小时内的关机，以及关错的'],
          about: [
            'Wrong: a person started the machine again within 30 minutes. Such a policy saves less than it costs.',
            '关错：30 分钟内有人又把机器开起来。这样的策略省下的不抵添的麻烦。',
          ],
          queries: [
            { expr: once('policy', `increase(${ofJob('saved_stops_total')}[1d])`), legend: '{{policy}}' },
            {
              expr: once('policy', `increase(${ofJob('wrong_stops_total')}[1d])`),
              legend: ['{{policy}} wrong', '{{policy}} 关错'],
            },
          ],
        },
        {
          kind: 'series',
          id: 27,
          width: 12,
          unit: 'number',
          page: 'account',
          runbook: 'LamplighterSpendLimitReached',
          title: ['Paid requests today, and the limit', '今日付费请求与限额'],
          about: [
            'Requests that may have left today, and `callsPerDay` of the spendLimit.',
            '今天可能已经发出的付费请求，以及 spendLimit 的 `callsPerDay`。',
          ],
          queries: [
            { expr: once('account', ofAccount('paid_calls_today')), legend: '{{account}}' },
            { expr: once('account', ofAccount('paid_calls_limit')), legend: ['{{account}} limit', '{{account}} 限额'] },
          ],
        },
      ],
    },
    {
      id: 3,
      title: ['Instances', '实例'],
      panels: [
        {
          kind: 'series',
          id: 31,
          width: 8,
          unit: 'number',
          stacked: true,
          page: 'fleet',
          title: ['By status', '按状态'],
          about: ['How many instances have which status.', '各状态的实例数。'],
          queries: [
            {
              expr: `count by (status) (${once(`${MACHINE}, status`, ofAccount('instance_status'))})`,
              legend: '{{status}}',
            },
          ],
        },
        {
          kind: 'series',
          id: 32,
          width: 8,
          unit: 'number',
          stacked: true,
          page: 'fleet',
          runbook: 'LamplighterInstancesBlind',
          title: ['By activity', '按活动'],
          about: [
            'What the probes say; `unknown` is an instance of which nobody can tell, and which is not stopped.',
            '探针的判断；`unknown` 是无从判断的实例，不会被关机。',
          ],
          queries: [
            {
              expr: `count by (verdict) (${once(`${MACHINE}, verdict`, ofAccount('instance_activity'))})`,
              legend: '{{verdict}}',
            },
          ],
        },
        {
          kind: 'series',
          id: 33,
          width: 8,
          unit: 'seconds',
          runbook: 'LamplighterRenewalOverdue',
          page: 'instance',
          title: ['Paid time left, the ten shortest', '剩余付费时间，最短的十台'],
          about: ['Falls steadily, and leaps up when an instance is renewed.', '匀速下降，续费时跳升。'],
          limit: { bad: 3_600, below: true },
          queries: [{ expr: `bottomk(10, ${PAID_FOR})`, legend: '{{account}}/{{exported_instance}}' }],
        },
        {
          kind: 'table',
          id: 34,
          width: 24,
          unit: 'number',
          linked: 'exported_instance',
          page: 'instance',
          title: ['Instances', '实例列表'],
          about: ['A click on an instance opens its page in the console.', '点击实例打开它在控制台的页面。'],
          labels: [
            ['account', ['Account', '账号']],
            ['exported_instance', ['Instance', '实例']],
            ['name', ['Name', '名称']],
            ['gpu', ['GPU', 'GPU']],
            ['billing', ['Billing', '计费']],
            ['status', ['Status', '状态']],
            ['verdict', ['Activity', '活动']],
          ],
          columns: [
            { expr: once('account, exported_instance, name, gpu, billing', ofAccount('instance_info')) },
            { expr: once('account, exported_instance, status', ofAccount('instance_status')) },
            { expr: once('account, exported_instance, verdict', ofAccount('instance_activity')) },
            {
              expr: once('account, exported_instance', ofAccount('instance_cost_yuan_per_hour')),
              shown: { title: ['Cost per hour', '每小时费用'], unit: 'yuan' },
            },
            {
              expr: `time() - ${once('account, exported_instance', ofAccount('instance_last_active_timestamp_seconds'))}`,
              shown: { title: ['Last active ago', '距上次活动'], unit: 'seconds' },
            },
            {
              expr: `min by (account, exported_instance) (${ofAccount('instance_expiry_timestamp_seconds')}) - time()`,
              shown: { title: ['Paid time left', '剩余付费时间'], unit: 'seconds', limit: { bad: 3_600, below: true } },
            },
          ],
          sort: { column: 3, ascending: false },
        },
      ],
    },
  ],
};

import { ofAccount, ofJob, ofProcess } from './select.ts';
import type { Text } from './text.ts';

export interface AnnotationSpec {
  readonly name: Text;
  readonly expr: string;
  readonly title: Text;
  /** Labels whose values are shown as tags. */
  readonly tags: string;
  readonly color: string;
  readonly isOn: boolean;
}

/** How far apart the points of time are that are looked at. */
export const STEP = '1m';
/**
 * What is looked at for each of them: a step and the longest time between two scrapes, since what happens between the last
 * scrape of one step and the first of the next would otherwise belong to neither. Two marks side by side are shown as one.
 */
const LOOK = '2m';

function ended(outcome: string): string {
  return `sum by (account, action) (increase(${ofAccount('operations_total', `outcome="${outcome}"`)}[${LOOK}])) > 0`;
}

/** What the robot did, and what was done to it, on every graph of every dashboard. */
export const ANNOTATIONS: readonly AnnotationSpec[] = [
  {
    name: ['Done', '已做'],
    expr: ended('confirmed'),
    title: ['{{action}} on {{account}}', '{{account}}：{{action}}'],
    tags: 'account,action',
    color: 'green',
    isOn: true,
  },
  {
    name: ['Refused by the cloud', '云平台拒绝'],
    expr: ended('rejected'),
    title: ['{{action}} refused on {{account}}', '{{account}} 拒绝了 {{action}}'],
    tags: 'account,action',
    color: 'orange',
    isOn: true,
  },
  {
    name: ['Handed to a person', '交给人处理'],
    expr: ended('escalated'),
    title: ['{{action}} on {{account}} waits for a person', '{{account}} 的 {{action}} 在等人处理'],
    tags: 'account,action',
    color: 'red',
    isOn: true,
  },
  {
    name: ['Policies taken', '策略生效'],
    expr: `changes(${ofJob('policy_last_reload_success_timestamp_seconds')}[${LOOK}]) > 0`,
    title: ['policies were read anew', '重新读取了策略'],
    tags: 'instance',
    color: 'blue',
    isOn: true,
  },
  {
    name: ['Frozen', '冻结'],
    expr: `max by (class, reason) (${ofJob('frozen')}) == 1`,
    title: ['{{class}} work is frozen: {{reason}}', '{{class}} 类操作已冻结：{{reason}}'],
    tags: 'class,reason',
    color: 'purple',
    isOn: true,
  },
  {
    name: ['Paused', '暂停'],
    expr: `max by (job) (${ofJob('paused')}) == 1`,
    title: ['all acting is paused', '所有操作已暂停'],
    tags: 'job',
    color: 'yellow',
    isOn: true,
  },
  {
    name: ['Started', '启动'],
    expr: `changes(${ofProcess('process_start_time_seconds')}[${LOOK}]) > 0 and on (job, instance) ${ofJob('build_info')}`,
    title: ['Lamplighter was started', 'Lamplighter 启动'],
    tags: 'instance',
    color: 'semi-dark-blue',
    isOn: false,
  },
];

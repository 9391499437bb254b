import type { ActionCall } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { CloudStep, No } from './due.ts';
import { localText } from './time-text.ts';
import type { InstanceView } from './world.ts';

/** The call that a step asks for on one instance, or why there is none. `at` fills `{date}` and `{time}`. */
export function callOf(step: CloudStep, view: InstanceView, at: number, timezone: string): ActionCall | No {
  switch (step.kind) {
    case 'stop':
    case 'cardless-stop':
    case 'restart':
    case 'destroy':
      return { kind: step.kind };
    case 'start':
      return { kind: 'start', stopMode: view.tracked.stopMode ?? 'unknown' };
    case 'snapshot':
      return { kind: 'snapshot', name: fillIn(step.name, view.tracked.instance, at, timezone) };
    case 'lengthen':
      return lengthenCall(step, view.tracked.instance);
    case 'renew':
      return renewCall(step, view.tracked.instance);
    default:
      return assertNever(step);
  }
}

export function isCall(value: ActionCall | No): value is ActionCall {
  return 'kind' in value;
}

/** Periods go by the instance's own unit (慧星云 API doc, 实例续费: hourly cannot be renewed). */
function renewCall(step: Extract<CloudStep, { kind: 'renew' }>, instance: Instance): ActionCall | No {
  const { billing } = instance;
  if (billing === 'unknown') return { reason: 'unknown-status', detail: billingUnknown(instance) };
  if (billing === 'hourly') return { reason: 'not-supported', detail: { kind: 'hourly-cannot-renew' } };
  const periods = step.periods[billing];
  if (periods === null) {
    return { reason: 'not-supported', detail: { kind: 'billing-not-renewed', billing } };
  }
  return { kind: 'renew', unit: billing, periods };
}

/** hourly to daily or monthly, and daily to monthly; there is no way back (慧星云 API doc, 变更计费方式). */
function lengthenCall(step: Extract<CloudStep, { kind: 'lengthen' }>, instance: Instance): ActionCall | No {
  const { billing } = instance;
  if (billing === 'unknown') return { reason: 'unknown-status', detail: billingUnknown(instance) };
  if (billing === 'monthly') {
    return { reason: 'not-supported', detail: { kind: 'cannot-lengthen', to: step.to } };
  }
  return { kind: 'lengthen', to: step.to };
}

function billingUnknown(instance: Instance): Detail {
  return { kind: 'billing-unknown', raw: instance.rawBilling };
}

/** `{name}`, `{id}`, `{date}` and `{time}`; whatever else stands in braces is left as it is. */
export function fillIn(template: string, instance: Instance | null, at: number, timezone: string): string {
  const local = localText(at, timezone);
  const values: Readonly<Record<string, string>> = {
    name: instance?.name ?? '',
    id: instance?.id ?? '',
    date: local.slice(0, 10),
    // Without colons: image names go into paths and URLs.
    time: local.slice(11, 16).replace(':', ''),
  };
  return template.replaceAll(/\{(name|id|date|time)\}/g, (_, key: string) => values[key] ?? '');
}

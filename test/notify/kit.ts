import type { EventName, Notification, Severity } from '../../src/fleet/event.ts';
import type { Parcel } from '../../src/fleet/parcel.ts';

export const NOTIFICATION: Notification = {
  id: 'n-01',
  version: 1,
  event: 'operation.confirmed',
  severity: 'info',
  at: '2026-11-21T12:00:00+08:00',
  account: 'hxy-main',
  provider: 'huixingyun',
  instance: { id: 'gpu-105b6', name: 'dev-01', status: 'stopped' },
  policy: 'lights-out',
  action: 'cardless-stop',
  occurrence: 'window 2026-11-20T23:00:00+08:00',
  reason: 'due',
  text: 'cardless-stop of dev-01 (hxy-main/gpu-105b6) is done (due); asked by policy lights-out',
  details: {},
};

/** A parcel whose words tell it from others. */
export function parcel(of: {
  readonly id: string;
  readonly group?: string;
  readonly severity?: Severity;
  readonly event?: EventName;
  readonly opens?: string | null;
  readonly closes?: string | null;
}): Parcel {
  const { id, group = 'g', severity = 'warning', event = 'policy.notice', opens = null, closes = null } = of;
  return {
    notification: { ...NOTIFICATION, id, severity, event },
    words: {
      title: `title of ${id}`,
      lines: [{ label: 'Line', text: `line of ${id}` }],
      links: [{ label: 'Console', url: 'https://lamps.example.com/' }],
      item: `item ${id}`,
      many: `{n} of ${group}`,
      costFen: null,
      manyLines: [],
      itemEvidence: '',
      manyLinks: [],
    },
    group,
    opens,
    closes,
  };
}

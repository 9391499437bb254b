import type { Notification } from '../../src/fleet/event.ts';

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

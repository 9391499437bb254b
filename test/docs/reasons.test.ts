import { describe, expect, test } from 'vitest';
import { ACTIONS, offers } from '../../src/fleet/action.ts';
import { EVENTS } from '../../src/fleet/event.ts';
import { OPERATION_STATES } from '../../src/fleet/operation.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';
import { DECISION_REASONS, OPERATION_REASONS } from '../../src/fleet/reason.ts';
import { readPage, rowsByCode } from './pages.ts';

describe.each(['docs', 'docs/zh-CN'])('%s', (folder) => {
  test('operations.md explains every reason and every state', async () => {
    const rows = rowsByCode(await readPage(`${folder}/operations.md`));
    const words = new Set<string>([...DECISION_REASONS, ...OPERATION_REASONS, ...OPERATION_STATES]);
    expect([...words].filter((word) => (rows.get(word)?.[1] ?? '') === '')).toEqual([]);
  });

  test('notifications.md explains every event, and no other', async () => {
    const rows = rowsByCode(await readPage(`${folder}/notifications.md`));
    expect([...rows.keys()].sort()).toEqual([...EVENTS].sort());
  });

  test('providers.md says of every action and cloud whether it is offered', async () => {
    const rows = rowsByCode(await readPage(`${folder}/providers.md`));
    const said = ACTIONS.filter((action) => action !== 'notify').map((action) => [
      action,
      ...PROVIDER_KINDS.map((_, index) => rows.get(action)?.[index + 1] !== '–'),
    ]);
    const meant = ACTIONS.filter((action) => action !== 'notify').map((action) => [
      action,
      ...PROVIDER_KINDS.map((kind) => offers(kind, action)),
    ]);
    expect(said).toEqual(meant);
  });
});

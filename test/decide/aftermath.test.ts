import { expect, test } from 'vitest';
import { aftermathOf, aftermathText } from '../../src/decide/aftermath.ts';
import { ACTIONS, interrupts, offers } from '../../src/fleet/action.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';

const PAIRS = PROVIDER_KINDS.flatMap((provider) =>
  ACTIONS.flatMap((action) => (action === 'notify' || action === 'shutdown-timer' ? [] : [{ provider, action }])),
);

test.each(PAIRS)(
  'what $action leaves at $provider is told where it interrupts, and nowhere else',
  ({ provider, action }) => {
    const wanted = offers(provider, action) && interrupts(action, provider);
    const known = aftermathOf(provider, action);
    if (wanted) expect(known).not.toBeNull();
    if (!offers(provider, action)) expect(known).toBeNull();
  },
);

test('what nobody has looked up is said to be so', () => {
  expect(aftermathText('chenyu', 'destroy')).toBe('what is lost by it is not documented');
  expect(aftermathText('huixingyun', 'stop')).toMatch(/^lost: everything in memory.*; kept: .*; not documented: /);
});

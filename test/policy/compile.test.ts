import { describe, expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { OPTIONS } from './support.ts';

const DESIGN_EXAMPLE = `
policies:
  - name: stop-idle-dev
    mode: enforce
    match: { labels: { env: dev }, billing: hourly, status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
  - name: lights-out
    match: { provider: huixingyun, name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }
    do: cardless-stop
    afterwards: start
  - name: keep-production-paid
    match: { labels: { env: prod }, billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: low-balance
    match: { account: chenyu }
    when: { balanceBelow: 200 }
    do: { notify: { to: [ops], severity: critical } }
`;

function compiled(text: string) {
  const result = compile([{ file: 'p.yaml', text }], OPTIONS);
  if (!result.ok)
    throw new Error(result.errors.map((error) => `${error.line}:${error.column}: ${error.message}`).join('\n'));
  return result.set;
}

describe('compile', () => {
  test('the example of the design', () => {
    const { policies, warnings } = compiled(DESIGN_EXAMPLE);
    expect(policies.map(({ name, mode, scope }) => [name, mode, scope])).toEqual([
      ['stop-idle-dev', 'enforce', 'instance'],
      ['lights-out', 'observe', 'instance'],
      ['keep-production-paid', 'observe', 'instance'],
      ['low-balance', 'observe', 'account'],
    ]);
    expect(policies[0]).toMatchObject({
      conditions: [{ kind: 'idleFor', ms: 1_800_000 }],
      steps: [{ kind: 'stop' }],
      noticeMs: 600_000,
      minimumUptimeMs: 1_800_000,
      catchUpMs: 900_000,
      limits: null,
      timezone: 'Asia/Shanghai',
      place: { file: 'p.yaml', line: 3, column: 5 },
    });
    expect(policies[2]?.steps).toEqual([{ kind: 'renew', periods: { daily: 1, monthly: 1 } }]);
    expect(policies[3]?.conditions).toEqual([{ kind: 'balanceBelow', fen: 20_000 }]);
    expect(warnings).toEqual([]);
  });
});

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

  const POLICY = 'policies:\n  - name: p\n    match: all\n    when: { during: "Mon-Fri 08:00-09:00" }\n    do: stop\n';
  const one = (text: string, options = OPTIONS) => {
    const result = compile([{ file: 'p.yaml', text }], options);
    const policy = result.ok ? result.set.policies[0] : undefined;
    if (policy === undefined) throw new Error(JSON.stringify(result));
    return policy;
  };

  test('the nearest time zone wins', () => {
    const zoneOf = (text: string, timezone = 'Asia/Shanghai') => {
      const during = one(text, { ...OPTIONS, timezone }).conditions[0];
      return during?.kind === 'during' ? during.window.specs[0]?.zone.name : undefined;
    };
    const policyZone = `${POLICY}    timezone: Europe/Berlin\n`;
    const whenZone = policyZone.replace('" }', '", timezone: America/New_York }');
    const specZone = whenZone.replace('09:00"', '09:00 Asia/Tokyo"');
    expect(zoneOf(POLICY)).toBe('Asia/Shanghai');
    expect(zoneOf(POLICY, 'UTC')).toBe('UTC');
    expect(zoneOf(policyZone)).toBe('Europe/Berlin');
    expect(zoneOf(whenZone)).toBe('America/New_York');
    expect(zoneOf(specZone)).toBe('Asia/Tokyo');
  });

  test.each([
    ['{ idleFor: 1h }', { kind: 'idleFor', ms: 3_600_000 }],
    ['{ statusFor: 20m }', { kind: 'statusFor', status: null, ms: 1_200_000 }],
    ['{ statusFor: { status: starting, for: 20m } }', { kind: 'statusFor', status: ['starting'], ms: 1_200_000 }],
    [
      '{ statusFor: { status: [stopping, starting], for: 1d } }',
      { kind: 'statusFor', status: ['stopping', 'starting'], ms: 86_400_000 },
    ],
    ['{ balanceBelow: 12.34 }', { kind: 'balanceBelow', fen: 1_234 }],
    ['{ balanceBelow: 0 }', { kind: 'balanceBelow', fen: 0 }],
    ['{ runwayBelow: 1d12h }', { kind: 'runwayBelow', ms: 129_600_000 }],
    ['{ stoppedFor: 1w }', { kind: 'stoppedFor', ms: 604_800_000 }],
    ['{ cron: "0 3 * * *", timezone: UTC }', { kind: 'cron', text: '0 3 * * *', timezone: 'UTC' }],
  ])('when %s', (when, condition) => {
    expect(one(POLICY.replace(/when: .*/, `when: ${when}`)).conditions).toMatchObject([condition]);
  });

  test.each([
    ['stop', [{ kind: 'stop' }]],
    ['{ stop: }', [{ kind: 'stop' }]],
    ['{ stop: {} }', [{ kind: 'stop' }]],
    ['snapshot', [{ kind: 'snapshot', name: '{name}-{date}' }]],
    ['[{ snapshot: { name: "x-{id}" } }, stop]', [{ kind: 'snapshot', name: 'x-{id}' }, { kind: 'stop' }]],
    ['{ renew: { periods: 7 } }', [{ kind: 'renew', periods: { daily: 7, monthly: null } }]],
    ['{ renew: { periods: 12 } }', [{ kind: 'renew', periods: { daily: null, monthly: 12 } }]],
    ['{ renew: { periods: { daily: 3, monthly: 1 } } }', [{ kind: 'renew', periods: { daily: 3, monthly: 1 } }]],
    ['{ renew: { periods: { monthly: 3 } } }', [{ kind: 'renew', periods: { daily: null, monthly: 3 } }]],
    ['notify', [{ kind: 'notify', to: null, severity: 'warning', text: null }]],
    [
      '{ notify: { to: ops, severity: info, text: hi } }',
      [{ kind: 'notify', to: ['ops'], severity: 'info', text: 'hi' }],
    ],
  ])('do %s', (text, steps) => {
    expect(one(POLICY.replace('do: stop', `do: ${text}`)).steps).toEqual(steps);
  });

  test('limits and times are read', () => {
    const policy = one(
      `${POLICY}    limits: { perPass: 2, percent: "15%" }\n    notice: 10m\n    requireNotice: true\n    cooldown: 1h\n    catchUp: 0s\n    enabled: false\n`,
    );
    expect(policy).toMatchObject({
      limits: { perPass: 2, perHour: null, percent: 15 },
      noticeMs: 600_000,
      requireNotice: true,
      cooldownMs: 3_600_000,
      catchUpMs: 0,
      enabled: false,
      minimumUptimeMs: 0,
    });
  });

  test('a match may be left out of what only notifies', () => {
    const policy = one(POLICY.replace('    match: all\n', '').replace('do: stop', 'do: notify'));
    expect([policy.match.all, policy.scope]).toEqual([true, 'account']);
  });

  test.each([
    ['account', 'match: all', '{ balanceBelow: 1 }', 'notify'],
    ['account', 'match: { account: chenyu, not: { account: old } }', '{ runwayBelow: 1d, during: always }', 'notify'],
    ['account', 'match: { provider: "*" }', '{ cron: "@daily" }', '[notify, notify]'],
    ['instance', 'match: all', '{ balanceBelow: 1 }', 'stop'],
    ['instance', 'match: all', '{ balanceBelow: 1 }', '[notify, stop]'],
    ['instance', 'match: all', '{ balanceBelow: 1, idleFor: 1h }', 'notify'],
    ['instance', 'match: all', '{ statusFor: 1h }', 'notify'],
    ['instance', 'match: { name: x }', '{ cron: "@daily" }', 'notify'],
    ['instance', 'match: { not: { labels: { a: b } } }', '{ cron: "@daily" }', 'notify'],
  ])('scope %s: %s %s %s', (scope, match, when, step) => {
    const text = POLICY.replace('match: all', match)
      .replace(/when: .*/, `when: ${when}`)
      .replace('do: stop', `do: ${step}`);
    expect(one(text).scope).toBe(scope);
  });

  describe('the hash', () => {
    const hash = (text: string, options = OPTIONS) => one(text, options).hash;
    const CALENDAR = 'calendars: { cn: { holidays: [2026-10-01] } }\n';
    const withCalendar = POLICY.replace('Mon-Fri', 'cn.workdays') + CALENDAR;

    test.each([
      ['comments and blank lines', `# hello\n\n${POLICY}`],
      ['quotes', POLICY.replace('"Mon-Fri 08:00-09:00"', "'Mon-Fri 08:00-09:00'")],
      ['the description', `${POLICY}    description: other\n`],
      ['the order of keys', POLICY.replace('    match: all\n', '').replace('do: stop', 'do: stop\n    match: all')],
      [
        'a default said out loud',
        `${POLICY}    catchUp: 15m\n    enabled: true\n    mode: observe\n    cooldown: 0s\n`,
      ],
      ['the same time in other units', `${POLICY}    catchUp: 900s\n`],
      ['another policy beside it', `${POLICY}  - { name: q, match: all, when: { idleFor: 1h }, do: stop }\n`],
      ['a calendar that it does not use', POLICY + CALENDAR],
    ])('is not changed by %s', (_, text) => expect(hash(text)).toBe(hash(POLICY)));

    test('is not changed by the order of values', () => {
      const first = POLICY.replace('all', '{ name: [a, b], labels: { x: y, z: w } }');
      const second = POLICY.replace('all', '{ labels: { z: w, x: y }, name: [b, a] }');
      expect(hash(first)).toBe(hash(second));
    });

    test.each([
      ['another window', POLICY.replace('08:00', '08:01')],
      ['another action', POLICY.replace('stop', 'start')],
      ['another match', POLICY.replace('all', '{ name: x }')],
      ['another mode', `${POLICY}    mode: enforce\n`],
      ['another zone', `${POLICY}    timezone: UTC\n`],
      ['a notice', `${POLICY}    notice: 1m\n`],
      ['being switched off', `${POLICY}    enabled: false\n`],
      ['limits', `${POLICY}    limits: { perPass: 1 }\n`],
    ])('is changed by %s', (_, text) => expect(hash(text)).not.toBe(hash(POLICY)));

    test('is changed by what lies around it: mode, zone, the dates of its calendar', () => {
      expect(hash(POLICY, { ...OPTIONS, mode: 'enforce' })).not.toBe(hash(POLICY));
      expect(hash(POLICY, { ...OPTIONS, timezone: 'UTC' })).not.toBe(hash(POLICY));
      expect(hash(withCalendar.replace('10-01', '10-02'))).not.toBe(hash(withCalendar));
    });

    test('of the set depends on the order, since the earlier of two wins', () => {
      const q = '{ name: q, match: all, when: { idleFor: 1h }, do: stop }';
      const r = '{ name: r, match: all, when: { idleFor: 1h }, do: stop }';
      expect(compiled(`policies: [${q}, ${r}]`).hash).not.toBe(compiled(`policies: [${r}, ${q}]`).hash);
    });
  });

  test('the same texts give the same answer', () => {
    expect(compiled(DESIGN_EXAMPLE).hash).toBe(compiled(DESIGN_EXAMPLE).hash);
  });

  test('policies keep the order of files and of lines', () => {
    const text = (name: string) => `policies: [{ name: ${name}, match: all, when: { idleFor: 1h }, do: stop }]`;
    const result = compile(
      [
        { file: '2.yaml', text: text('b') },
        { file: '1.yaml', text: text('a') },
      ],
      OPTIONS,
    );
    expect(result.ok ? result.set.policies.map(({ name }) => name) : []).toEqual(['b', 'a']);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ConfigOptions, loadConfig } from '../../src/config/load-config.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { anyJson, inherited, spoiling, spoilt } from '../support/mutate.ts';

const SECRET = 'canary-of-fuzz-token-Jd8s';
const SEED = 20_251_122;
/** Of one file, read and refused with all its mistakes. */
const MOST_CPU_MS = 800;
const OPTIONS: ConfigOptions = {
  environment: { TOKEN: SECRET },
  readSecret: (path) =>
    Promise.resolve({ text: path.includes('url') ? `https://hooks.example/${SECRET}` : SECRET, worldReadable: false }),
};

const example = readFileSync(new URL('../../lamplighter.example.yaml', import.meta.url), 'utf8');
let real = '';
beforeAll(() => {
  const data: unknown = parse(example);
  real = JSON.stringify(data, null, 1);
});

/** Loads it, and holds what comes of it against what is promised. `true`: it is a configuration. */
async function check(text: string): Promise<boolean> {
  const before = process.threadCpuUsage();
  const result = await loadConfig(text, '/etc/l/lamplighter.yaml', 'l.yaml', OPTIONS);
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
  if (result.ok) {
    const { config } = result;
    expect(config.accounts.length).toBeGreaterThan(0);
    for (const each of config.accounts) {
      expect(config.tokens.has(each.name)).toBe(true);
      expect(each.pollEveryMs).toBeGreaterThanOrEqual(1_000);
      expect(each.requestsPerSecond).toBeGreaterThan(0);
      expect(new URL(each.baseUrl).protocol).toBe('https:');
      for (const price of each.prices.values()) {
        for (const fen of Object.values(price)) expect(fen === null || Number.isSafeInteger(fen)).toBe(true);
      }
      const { perDayFen = null, callsPerDay = null } = each.spendLimit ?? {};
      for (const limit of [perDayFen, callsPerDay]) {
        expect(limit === null || (Number.isSafeInteger(limit) && limit >= 0)).toBe(true);
      }
    }
    expect(JSON.stringify(config)).not.toContain(SECRET);
    return true;
  }
  expect(result.errors.length).toBeGreaterThan(0);
  const lines = text.split('\n');
  for (const { line, column, message } of result.errors) {
    expect(message).toMatch(/\S/);
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
  }
  expect(renderAll(result.errors)).not.toContain(SECRET);
  return false;
}

test('the example spoilt in any way is a configuration that keeps its promises, or is refused with places', async () => {
  const before = inherited();
  let good = 0;
  await fc.assert(
    fc.asyncProperty(spoiling, async (how) => {
      if (await check(spoilt(real, how))) good += 1;
    }),
    { numRuns: 150, seed: SEED },
  );
  expect(good).toBeGreaterThan(3);
  expect(inherited()).toBe(before);
  expect('polluted' in {}).toBe(false);
});

test('whatever the tree, so it is', async () => {
  const before = inherited();
  await fc.assert(
    fc.asyncProperty(
      anyJson,
      fc.constantFrom('', 'accounts', 'activity', 'notifiers', 'labels'),
      async (json, under) => {
        await check(JSON.stringify(under === '' ? json : { ...JSON.parse(real), [under]: json }, null, 1));
      },
    ),
    { numRuns: 100, seed: SEED },
  );
  expect(inherited()).toBe(before);
});

test('a secret beside a mistake is never quoted', async () => {
  const withSecret = real.replaceAll(/"(?:token|secret|url)File": "[^"]*"/g, (found) =>
    found.replace('File', '').replace(/: "[^"]*"/, `: "${SECRET}"`),
  );
  expect(withSecret).toContain(SECRET);
  await fc.assert(
    fc.asyncProperty(spoiling, fc.constantFrom('token', 'tokn', 'Token', 'secrets', 'api_key'), async (how, typo) => {
      // Under a key that says nothing of secrets nobody can know it for one.
      const changes = how.changes.filter((each) => each.how !== 'rename' && each.how !== 'double');
      const text = spoilt(withSecret, { changes, damages: [] }).replaceAll('"token"', `"${typo}"`);
      const result = await loadConfig(text, '/etc/l/l.yaml', 'l.yaml', OPTIONS);
      if (!result.ok) expect(renderAll([...result.errors, ...result.warnings])).not.toContain(SECRET);
    }),
    { numRuns: 100, seed: SEED },
  );
});

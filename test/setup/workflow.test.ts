import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const step = z.union([
  z.strictObject({ uses: z.string(), with: z.strictObject({ 'persist-credentials': z.literal(false) }) }),
  z.strictObject({ name: z.string().optional(), run: z.string() }),
]);
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.strictObject({ branches: z.array(z.string()) }),
    pull_request: z.null(),
    workflow_dispatch: z.null(),
  }),
  // Nothing that may write.
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.literal(true) }),
  defaults: z.strictObject({ run: z.strictObject({ shell: z.literal('bash') }) }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.string().regex(/^ubuntu-\d\d\.\d\d$/),
      container: z.strictObject({ image: z.string(), options: z.string().optional() }),
      'timeout-minutes': z.number().max(30),
      steps: z.array(step),
    }),
  ),
});
const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json'))).scripts;
const NAMES = readdirSync(join(ROOT, '.github', 'workflows'));

describe.each(NAMES)('.github/workflows/%s', (name) => {
  const text = read(`.github/workflows/${name}`);
  const { jobs } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const runs = steps.flatMap((each) => ('run' in each ? [each.run] : []));

  test('uses actions as they were at one commit, whose version stands beside it', () => {
    const used = steps.flatMap((each) => ('uses' in each ? [each.uses] : []));
    expect(used.length).toBeGreaterThan(0);
    const lines = text.match(/^.*\buses:.*$/gm) ?? [];
    expect(lines).toHaveLength(used.length);
    for (const line of lines) expect(line).toMatch(/ uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('does nothing but what the scripts of the project do, on files that there are', () => {
    for (const command of runs) {
      const [, script = '', , paths = ''] = /^npm (?:run )?([a-z:]+)( -- (.+))?$/.exec(command) ?? [];
      expect([command, scripts[script]]).toEqual([command, expect.any(String)]);
      for (const path of paths.split(' ').filter((each) => each !== '')) {
        expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      }
    }
  });

  test('brings the Node that the project asks for to begin with', () => {
    const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(read('package.json')));
    const least = Number(/^>=(\d+)$/.exec(engines.node)?.[1]);
    for (const { container } of Object.values(jobs)) {
      expect(Number(/^node:(\d+)-bookworm$/.exec(container.image)?.[1])).toBeGreaterThanOrEqual(least);
    }
  });

  test('has no secret and nothing that a stranger’s branch or title could say', () => {
    const filled = [...text.matchAll(/\$\{\{ *([^}]+?) *\}\}/g)].map(([, what]) => what);
    expect(filled).toEqual(['github.ref']);
    expect(runs.join('\n')).not.toContain('${{');
  });
});

test('CI runs the test command of the README, and promtool on the rules', () => {
  const text = read('.github/workflows/ci.yml');
  const [, command = ''] = /^(npm test) +# the tests$/m.exec(read('README.md')) ?? [];
  expect(text).toContain(`- run: ${command}\n`);
  // That file runs promtool check rules and promtool test rules.
  expect(text).toContain('npm test -- test/monitoring/rules.test.ts\n');
  const rules = read('test/monitoring/rules.test.ts');
  for (const words of ["promtool('check', 'rules'", "promtool('test', 'rules'"]) expect(rules).toContain(words);
});

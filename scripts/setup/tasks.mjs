import { join } from 'node:path';

const QUIET = '--disable-warning=ExperimentalWarning';
// MB per half of the heap's nursery. Left to itself Node lets it grow to 32, which is a quarter of the daemon's memory and gains
// nothing: of what a poll makes little lives on. The Dockerfile says the same of commands; its daemon, which stays, has half of it.
const SMALL = '--max-semi-space-size=8';

/**
 * What can be asked for. `steps` are argument lists for Node, run in order: a task of one step becomes that program, one of several
 * runs them all and fails if any did. `redis`, `promtool`, `alertmanager` and `sshd` say what must be there first.
 */
export function taskFor(root, name, args) {
  const inModules = (...path) => join(root, 'node_modules', ...path);
  const program = [QUIET, SMALL, join(root, 'src', 'cli', 'main.ts')];
  const typecheck = { label: 'tsc', args: [inModules('typescript', 'bin', 'tsc'), '-p', root] };
  const lint = [
    { label: 'biome', args: [inModules('@biomejs', 'biome', 'bin', 'biome'), 'check'] },
    { label: 'oxlint', args: [inModules('oxlint', 'bin', 'oxlint'), '--type-aware', '--deny-warnings', 'src', 'test'] },
    typecheck,
  ];
  const test = { label: 'vitest', args: [inModules('vitest', 'vitest.mjs'), 'run', ...args] };
  switch (name) {
    case 'lamplighter':
      // In the caller's folder: a path among the arguments is the caller's.
      return {
        redis: args[0] === 'demo',
        inRoot: false,
        steps: [{ label: 'lamplighter', args: [...program, ...args] }],
      };
    case 'test':
      return {
        redis: true,
        promtool: true,
        alertmanager: true,
        sshd: true,
        programs: ['senders', 'browser'],
        inRoot: true,
        steps: [test],
      };
    case 'probes': {
      const config = join(root, 'vitest.real.config.ts');
      const real = { label: 'vitest', args: [inModules('vitest', 'vitest.mjs'), 'run', '--config', config, ...args] };
      return { redis: false, programs: ['jupyter'], inRoot: true, steps: [real] };
    }
    case 'faults':
      return {
        redis: true,
        promtool: true,
        inRoot: true,
        steps: [{ label: 'faults', args: [QUIET, join(root, 'test', 'faults', 'main.ts'), ...args] }],
      };
    case 'containers':
      return {
        redis: false,
        inRoot: true,
        steps: [{ label: 'containers', args: [QUIET, join(root, 'test', 'containers', 'main.ts'), ...args] }],
      };
    case 'screenshots':
      return {
        redis: true,
        programs: ['browser', 'fonts'],
        inRoot: true,
        steps: [{ label: 'screenshots', args: [QUIET, join(root, 'scripts', 'screenshot.ts'), ...args] }],
      };
    case 'simulation':
      return {
        redis: false,
        inRoot: true,
        steps: [{ label: 'simulation', args: [QUIET, join(root, 'test', 'simulation', 'main.ts'), ...args] }],
      };
    case 'bench':
      return {
        redis: true,
        inRoot: true,
        steps: [{ label: 'bench', args: [QUIET, join(root, 'test', 'bench', 'main.ts'), ...args] }],
      };
    case 'monitoring':
      // In the caller's folder: --out is the caller's.
      return {
        redis: false,
        inRoot: false,
        steps: [{ label: 'monitoring', args: [QUIET, join(root, 'scripts', 'monitoring', 'main.ts'), ...args] }],
      };
    case 'lint':
      return { redis: false, inRoot: true, steps: lint };
    case 'typecheck':
      return { redis: false, inRoot: true, steps: [typecheck] };
    case 'check':
      return {
        redis: true,
        promtool: true,
        alertmanager: true,
        sshd: true,
        programs: ['senders', 'browser'],
        inRoot: true,
        steps: [...lint, test],
      };
    case 'node':
      return { redis: false, inRoot: false, steps: [{ label: 'node', args }] };
    default:
      return undefined;
  }
}

export const TASKS = [
  'lamplighter',
  'test',
  'probes',
  'faults',
  'containers',
  'simulation',
  'screenshots',
  'bench',
  'monitoring',
  'lint',
  'typecheck',
  'check',
  'node',
];

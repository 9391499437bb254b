// Brings promtool, which judges our metrics and rules, to a machine that lacks it; as root from Debian's packages, otherwise with
// one message. Only .ci/run needs it: `npm test` alone does without.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installSystemPackage, onPath } from './setup/apt.mjs';
import { SetupError, say } from './setup/say.mjs';

const toolchain = join(dirname(fileURLToPath(import.meta.url)), '..', '.toolchain');
mkdirSync(toolchain, { recursive: true });
try {
  if (onPath('promtool') === undefined) {
    await installSystemPackage({
      packages: ['prometheus'],
      service: 'prometheus',
      why: 'promtool is needed to check the metrics',
      otherwise: 'install Prometheus',
      toolchain,
      signal: new AbortController().signal,
    });
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

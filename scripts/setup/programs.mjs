import { existsSync } from 'node:fs';
import { installSystemPackage, mustBeInstallable, onPath } from './apt.mjs';

/**
 * Programs that only tests and pictures need, by what a task says it wants: all of `programs`, one of `oneOf`, and all of `files`.
 * None of them brings a service.
 */
const WANTED = {
  senders: {
    programs: ['curl', 'wget'],
    packages: ['curl', 'wget'],
    why: 'curl and wget are needed by the tests of the agent',
    otherwise: 'install curl and GNU wget',
  },
  jupyter: {
    programs: ['jupyter-server'],
    packages: ['jupyter-server', 'python3-ipykernel', 'python3-terminado'],
    why: 'a Jupyter Server is needed',
    otherwise: 'install jupyter_server and ipykernel',
  },
  browser: {
    // Chromium under the names that distributions give it, and Chrome.
    oneOf: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
    why: 'a Chromium is needed, since the console is tried in a real browser',
    otherwise: 'install Chromium or Chrome',
  },
  fonts: {
    files: ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
    packages: ['fonts-noto-cjk'],
    why: 'pictures with 中文 need its font',
    otherwise: 'install the Noto CJK fonts',
  },
};

export function programsReady(wanted) {
  const { programs = [], oneOf, files = [] } = WANTED[wanted];
  const isThere = (name) => onPath(name) !== undefined;
  return (
    programs.every(isThere) && (oneOf === undefined || oneOf.some(isThere)) && files.every((file) => existsSync(file))
  );
}

/** Throws the message for whoever cannot install packages here. */
export function mustHavePrograms(wanted) {
  mustBeInstallable(WANTED[wanted]);
}

/** Installs them as root, or says what to install. Only under the lock. */
export async function bringPrograms(wanted, toolchain, signal) {
  const { packages, why, otherwise } = WANTED[wanted];
  await installSystemPackage({ packages, why, otherwise, toolchain, signal });
}

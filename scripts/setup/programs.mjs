import { installSystemPackage, mustBeInstallable, onPath } from './apt.mjs';

/** Programs that only tests need, by what a task says it wants. None of them brings a service. */
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
};

export function programsReady(wanted) {
  return WANTED[wanted].programs.every((name) => onPath(name) !== undefined);
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

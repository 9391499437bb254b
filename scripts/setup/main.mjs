import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alertmanagerReady, bringAlertmanager } from './alertmanager.mjs';
import { launch, supervise } from './launch.mjs';
import { withLock } from './lock.mjs';
import { bringNode, readyNode } from './node.mjs';
import { installPackages, packagesReady } from './packages.mjs';
import { bringPrograms, mustHavePrograms, programsReady } from './programs.mjs';
import { bringPromtool, promtoolReady } from './promtool.mjs';
import { bringRedis, mustHaveRedis, redisReady } from './redis.mjs';
import { SetupError, say } from './say.mjs';
import { bringSshd, sshdReady } from './sshd.mjs';
import { TASKS, taskFor } from './tasks.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const TOOLCHAIN = join(ROOT, '.toolchain');

/** Prepares what the task needs and hands over to it. Ends with 2 for an unknown task, 130 when interrupted, 1 when something is missing. */
export async function main([name = '', ...args]) {
  const task = taskFor(ROOT, name, args);
  if (task === undefined) {
    say(`there is no task ${JSON.stringify(name)}; the tasks are ${TASKS.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const node = await prepareOrExplain(task);
  if (node === undefined) return;
  const options = { env: taskEnvironment(node), cwd: task.inRoot ? ROOT : process.cwd() };
  const [only, ...others] = task.steps;
  if (others.length === 0) await launch(node, only.args, options);
  else process.exitCode = await runAll(node, task.steps, options);
}

/** Every step runs, so that one look shows everything that is wrong; the first failure's code is the answer. */
async function runAll(node, steps, options) {
  let worst = 0;
  for (const { label, args } of steps) {
    say(`${label} …`);
    const { code, signal } = await supervise(node, args, options);
    if (signal !== null) return 130;
    if (code !== 0) say(`${label} failed`);
    if (worst === 0) worst = code ?? 1;
  }
  return worst;
}

async function prepareOrExplain(task) {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await prepare(task, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.exitCode = 130;
    } else if (error instanceof SetupError) {
      say(error.message);
      process.exitCode = 1;
    } else {
      throw error;
    }
    return undefined;
  } finally {
    for (const signal of signals) process.removeListener(signal, interrupt);
  }
}

async function prepare(task, signal) {
  const node = readyNode(ROOT, TOOLCHAIN);
  const redis = () => !task.redis || redisReady(TOOLCHAIN);
  const promtool = () => !task.promtool || promtoolReady(TOOLCHAIN);
  const alertmanager = () => !task.alertmanager || alertmanagerReady(TOOLCHAIN);
  const sshd = () => !task.sshd || sshdReady(TOOLCHAIN);
  const missing = () => (task.programs ?? []).filter((wanted) => !programsReady(wanted));
  const tools = () => redis() && promtool() && alertmanager() && sshd() && missing().length === 0;
  if (node !== undefined && packagesReady(ROOT, TOOLCHAIN) && tools()) return node;

  if (!redis()) mustHaveRedis();
  missing().forEach(mustHavePrograms);
  try {
    mkdirSync(TOOLCHAIN, { recursive: true });
    accessSync(TOOLCHAIN, constants.W_OK);
  } catch (error) {
    throw new SetupError(`the set-up needs to write to ${TOOLCHAIN}: ${error.message}`);
  }
  return await withLock(TOOLCHAIN, signal, async () => {
    // Asked again under the lock: another set-up may just have done it all.
    if (!redis()) await bringRedis(TOOLCHAIN, signal);
    if (!promtool()) await bringPromtool(TOOLCHAIN, signal);
    if (!alertmanager()) await bringAlertmanager(TOOLCHAIN, signal);
    if (!sshd()) await bringSshd(TOOLCHAIN, signal);
    for (const wanted of missing()) await bringPrograms(wanted, TOOLCHAIN, signal);
    const ready = readyNode(ROOT, TOOLCHAIN) ?? (await bringNode(ROOT, TOOLCHAIN, signal));
    if (!packagesReady(ROOT, TOOLCHAIN)) await installPackages(ROOT, TOOLCHAIN, ready, signal);
    return ready;
  });
}

/** What the task's program sees: Node 26 and our tools first on PATH, and a place for compiled code that survives from start to start. */
function taskEnvironment(node) {
  const path = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? '', join(TOOLCHAIN, 'bin')];
  return {
    ...process.env,
    PATH: path.filter((part) => part !== '').join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(TOOLCHAIN, 'compile-cache'),
  };
}

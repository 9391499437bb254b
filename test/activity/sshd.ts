import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { newFolder } from '../support/folder.ts';

const OURS = fileURLToPath(new URL('../../.toolchain/sshd', import.meta.url));
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu', 'arm-linux-gnueabihf'].map((triplet) =>
  join(OURS, 'usr', 'lib', triplet),
);

const MOST_PORTS = 10;

/** Ends the server when the pipe to us closes, which is also what happens when the test runner itself is killed. */
const KEEPER = '"$@" & pid=$!; read -r _; kill $pid; wait $pid';

/** An OpenSSH key pair. One in 256 that the library makes can be read by nobody, OpenSSH included: another is made then. */
export function newKey(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Plays nvidia-smi: the answers lie in files, one per question, the last of them for all further ones. */
const NVIDIA_SMI = (answers: string) => `#!/bin/sh
d='${answers}'
case "$1" in
--query-gpu=*)
  n=$(($(cat "$d/asked" 2>/dev/null || echo 0) + 1)); echo $n >"$d/asked"
  f="$d/gpu.$n"; [ -e "$f" ] || f="$d/gpu"
  cat "$f"; exit "$(cat "$d/code" 2>/dev/null || echo 0)" ;;
--query-compute-apps=*) cat "$d/apps" 2>/dev/null ;;
esac
`;

export interface GpuPlay {
  /** Lines of the answers in order; the last is repeated. */
  readonly answers: readonly string[];
  readonly code?: number;
  readonly apps?: string;
}

/** A real sshd of this machine's on a loopback port, run by whoever runs the tests, with keys and users of its own. */
export class Sshd implements AsyncDisposable {
  readonly client = newKey();
  readonly user = userInfo().username;
  port = 0;
  folder = '';
  /** What sshd says. */
  log = '';
  #child: ChildProcess | null = null;

  static async start(
    options: { readonly hostKey?: ReturnType<typeof newKey>; readonly gpu?: GpuPlay } = {},
  ): Promise<Sshd> {
    const sshd = new Sshd();
    sshd.folder = await newFolder('sshd-');
    await sshd.#write(options.hostKey ?? newKey());
    if (options.gpu !== undefined) await sshd.play(options.gpu);
    for (let attempt = 1; ; attempt += 1) {
      await sshd.#configure();
      try {
        await sshd.#listen();
        return sshd;
      } catch (error) {
        // Between finding a free port and taking it somebody else may have taken it.
        if (attempt === MOST_PORTS || !sshd.log.includes('Address already in use')) throw error;
        sshd.log = '';
      }
    }
  }

  /** The home of whoever logs in: the test's own, so that the machine's files have no part in it. */
  get home(): string {
    return join(this.folder, 'home');
  }

  async play({ answers, code = 0, apps = '' }: GpuPlay): Promise<void> {
    const bin = join(this.folder, 'bin');
    const folder = join(this.folder, 'answers');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [index, answer] of answers.entries()) await writeFile(join(folder, `gpu.${index + 1}`), `${answer}\n`);
    await writeFile(join(folder, 'gpu'), `${answers.at(-1) ?? ''}\n`);
    await writeFile(join(folder, 'code'), String(code));
    await writeFile(join(folder, 'apps'), apps);
    await writeFile(join(bin, 'nvidia-smi'), NVIDIA_SMI(folder), { mode: 0o755 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      child.stdin?.end();
      // Not its "close": a session that somebody holds open would hold the pipes open, too.
      await once(child, 'exit');
      child.stderr?.destroy();
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #write(hostKey: ReturnType<typeof newKey>): Promise<void> {
    const { folder, user } = this;
    await mkdir(join(folder, 'bin'));
    await mkdir(this.home);
    await writeFile(join(folder, 'host'), `${hostKey.private}\n`, { mode: 0o600 });
    await writeFile(join(folder, 'authorized'), `${this.client.public}\n`, { mode: 0o600 });
    const { uid, gid } = userInfo();
    const passwd = [
      `${user}:x:${uid}:${gid}:${user}:${this.home}:/bin/sh`,
      'sshd:x:65533:65534:sshd:/run/sshd:/usr/sbin/nologin',
    ];
    await writeFile(join(folder, 'passwd'), `${passwd.join('\n')}\n`);
    await writeFile(join(folder, 'group'), `${user}:x:${gid}:\nnogroup:x:65534:\n`);
    // Root's sshd shuts itself into this folder, which the package's service would have made.
    if (uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  }

  async #configure(): Promise<void> {
    const { folder } = this;
    this.port = await freePort();
    const config = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'MaxStartups 100',
      'PerSourceMaxStartups none',
      `SetEnv PATH=${join(folder, 'bin')}:/usr/bin:/bin`,
    ];
    await writeFile(join(folder, 'config'), `${config.join('\n')}\n`);
  }

  async #listen(): Promise<void> {
    const libraries = LIBRARIES.find((path) => existsSync(join(path, 'libnss_wrapper.so')));
    const env =
      libraries === undefined
        ? {}
        : {
            LD_LIBRARY_PATH: libraries,
            LD_PRELOAD: 'libnss_wrapper.so',
            NSS_WRAPPER_PASSWD: join(this.folder, 'passwd'),
            NSS_WRAPPER_GROUP: join(this.folder, 'group'),
          };
    const file = [join(OURS, 'usr', 'sbin', 'sshd'), '/usr/sbin/sshd'].find((path) => existsSync(path));
    if (file === undefined) throw new Error('there is no sshd; `npm test` brings one');
    // It starts itself anew for each connection and so wants to be called by its whole path.
    const args = ['-c', KEEPER, 'sh', file, '-D', '-e', '-f', join(this.folder, 'config')];
    const child = spawn('/bin/sh', args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    const listening = Promise.withResolvers<void>();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
      if (this.log.includes('Server listening')) listening.resolve();
      // The keeper would wait on.
      if (/Cannot bind any address|exiting/.test(this.log)) child.stdin?.end();
    });
    child.once('close', () => listening.reject(new Error(`sshd ended:\n${this.log}`)));
    await listening.promise;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}

import { chmod, cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/child.ts';

/** What docker-compose.yml and the Dockerfile need of a checkout. */
const PARTS = [
  'docker-compose.yml',
  'Dockerfile',
  '.dockerignore',
  '.npmrc',
  'package.json',
  'package-lock.json',
  'LICENSE',
  'src',
  'scripts/healthcheck.mjs',
  'deploy',
  'docs',
];

export interface ProjectOptions {
  /** Name and port under which containers reach the simulated cloud, and whom they believe that it is. */
  readonly host: string;
  readonly port: number;
  readonly cert: string;
  readonly token: string;
  readonly controlToken: string;
  readonly policies: Readonly<Record<string, string>>;
}

/** A checkout as an operator sets it up: the shipped compose file and configuration, with secrets and policies of the test's. */
export async function makeProject(options: ProjectOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lamplighter-containers-'));
  for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, 'my-policies'));
  for (const [name, text] of Object.entries(options.policies)) await writeFile(join(folder, 'my-policies', name), text);
  const origin = `https://${options.host}:${options.port}`;
  const secrets = {
    hxy_token: options.token,
    chenyu_key: 'a-key-that-the-cloud-does-not-know',
    ops_webhook_url: `${origin}/hook`,
    control_token: options.controlToken,
    grafana_admin_password: 'not-used-here',
  };
  for (const [name, text] of Object.entries(secrets)) {
    const file = join(folder, 'deploy/compose/secrets', name);
    await writeFile(file, `${text}\n`);
    // A test may be nobody who can give files to the container's user.
    await chmod(file, 0o444);
  }
  const shipped = await readFile(join(folder, 'deploy/compose/lamplighter.yaml'), 'utf8');
  const config = shipped.replace(
    /^( +)(tokenFile: \/run\/secrets\/(?:hxy_token|chenyu_key))$/gm,
    `$1$2\n$1baseUrl: ${origin}\n$1pollEvery: 5s`,
  );
  await writeFile(join(folder, 'deploy/compose/lamplighter.yaml'), config);
  await writeFile(join(folder, 'cloud.pem'), options.cert);
  await writeFile(join(folder, 'test.yml'), JSON.stringify(overrides(options.host)));
  return folder;
}

/** What only the test needs: the way to the simulated cloud. */
function overrides(host: string) {
  return {
    services: {
      lamplighter: {
        build: { network: process.env.BUILD_NETWORK ?? 'default' },
        environment: { NODE_EXTRA_CA_CERTS: '/etc/lamplighter/cloud.pem' },
        extra_hosts: [`${host}:host-gateway`],
        volumes: ['./cloud.pem:/etc/lamplighter/cloud.pem:ro'],
      },
    },
  };
}

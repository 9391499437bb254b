/**
 * Machines to be probed, in a process of their own: one SSH server and one Jupyter server that answer for all of them, and
 * a port that accepts and never says a word. Prints their ports, then serves until its parent goes.
 */
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { newKey } from '../activity/sshd.ts';

/** As long as the script takes on a machine whose driver is awake: the pauses between its samples. */
const SCRIPT_MS = 3_000;

const hostKey = newKey().private;

/** What an idle machine with one card prints; the script's own mark goes into `MARK`. */
const ANSWER = [
  'lamplighter MARK begin',
  'boot b007',
  'connection 203.0.113.9 40001 10.0.0.5 22',
  'sockets A tcp',
  'peer A 097100CB:9C41 100',
  'began 100000',
  ...look('A', 1_000),
  'smi there',
  ...[1, 2, 3, 4].flatMap((n) => [
    `sample ${n} 0`,
    `gpu ${n} 0, 0, 12, 24564, 26.10, 320.00, 210, 3105, [N/A], Enabled`,
  ]),
  ...look('B', 1_003),
  'apps 0',
  'devices 1',
  'memory limit 17179869184',
  'sockets B tcp',
  'peer B 097100CB:9C41 100',
  'terminals',
  'times C',
  '0m0.000000s 0m0.000000s',
  '0m0.050000s 0m0.000000s',
  'now 1795000000',
  'lamplighter MARK end',
  '',
].join('\n');

function look(name: string, upS: number): readonly string[] {
  return [
    `up ${name} ${upS}`,
    `cpu ${name} usec 1000000`,
    `disk ${name} v2`,
    `io ${name} 8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`,
    `net ${name}`,
    `if ${name} eth0 1000 0 0 0 0 0 0 0 1000 0 0 0 0 0 0 0`,
    `times ${name}`,
    '0m0.000000s 0m0.000000s',
    '0m0.000000s 0m0.000000s',
  ];
}

function serveSsh(connection: ssh2.Connection): void {
  connection.on('error', () => {});
  connection.on('authentication', (context) => context.accept());
  connection.on('session', (accept) => {
    accept().on('exec', (acceptExec) => answer(acceptExec()));
  });
}

function answer(channel: ssh2.ServerChannel): void {
  let script = '';
  channel.on('error', () => {});
  channel.on('data', (chunk: Buffer) => {
    script += chunk.toString();
  });
  channel.on('end', () => {
    const [, mark = ''] = /^echo "lamplighter ([0-9a-f]+) begin"$/m.exec(script) ?? [];
    setTimeout(() => {
      channel.write(ANSWER.replaceAll('MARK', mark));
      channel.exit(0);
      channel.end();
    }, SCRIPT_MS);
  });
}

const jupyter = createHttp((request, response) => {
  const isKernels = request.url?.includes('/api/kernels') === true;
  const kernels = [{ id: 'k', execution_state: 'idle', last_activity: '2026-01-01T00:00:00Z', connections: 0 }];
  response.setHeader('content-type', 'application/json').end(JSON.stringify(isKernels ? kernels : []));
});
const silent = createServer((socket: Socket) => {
  socket.on('error', () => {});
  socket.resume();
});

async function listen(server: Server | ssh2.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const ports = {
  ssh: await listen(new ssh2.Server({ hostKeys: [hostKey] }, serveSsh)),
  http: await listen(jupyter),
  silent: await listen(silent),
};
process.once('disconnect', () => process.exit(0));
process.stdout.write(`${JSON.stringify(ports)}\n`);

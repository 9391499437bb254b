import { once } from 'node:events';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { newKey } from './sshd.ts';

/** What a machine does with the script: answers, or whatever else a machine may do. */
export type Script = (channel: ServerChannel, script: string, connection: Connection) => void;

/** Answers with `text(mark)` and goes. */
export function says(text: (mark: string) => string, code = 0): Script {
  return (channel, script) => {
    const [, mark = ''] = /^echo "lamplighter ([0-9a-f]+) begin"$/m.exec(script) ?? [];
    channel.write(text(mark));
    channel.exit(code);
    channel.end();
  };
}

/** A machine that we can make do anything, on a real connection. The password is the listing's. */
export class SshServer implements AsyncDisposable {
  readonly hostKey = newKey();
  /** Every proof that was shown, in order. */
  readonly proofs: string[] = [];
  readonly scripts: string[] = [];
  /** What was asked for beside the one command. */
  readonly asked: string[] = [];
  readonly #script: Script;
  readonly #accepts: (context: AuthContext) => boolean;
  readonly #connections = new Set<Connection>();
  readonly #server: ssh2.Server;
  connections = 0;
  port = 0;
  /** Does `accepts` settle a keyboard-interactive login by itself, when the answers have come? */
  waitsForAnswers = false;

  private constructor(script: Script, accepts: (context: AuthContext) => boolean) {
    this.#script = script;
    this.#accepts = accepts;
    this.#server = new ssh2.Server({ hostKeys: [this.hostKey.private] }, (connection) => this.#serve(connection));
  }

  static async start(script: Script, accepts: (context: AuthContext) => boolean = () => true): Promise<SshServer> {
    const server = new SshServer(script, accepts);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    const address = server.#server.address();
    server.port = typeof address === 'object' && address !== null ? address.port : 0;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.end();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(connection: Connection): void {
    this.connections += 1;
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      if (context.method === 'password') this.proofs.push(`password ${context.password}`);
      else this.proofs.push(context.method);
      if (this.#accepts(context)) context.accept();
      else if (this.waitsForAnswers && context.method === 'keyboard-interactive') return;
      else context.reject(['password', 'publickey', 'keyboard-interactive']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      for (const what of ['pty', 'x11', 'auth-agent', 'env', 'shell', 'sftp'] as const) {
        session.on(what, () => this.asked.push(what));
      }
      session.on('exec', (acceptExec, _reject, { command }) => {
        this.asked.push(command);
        this.#run(acceptExec(), connection);
      });
    });
  }

  #run(channel: ServerChannel, connection: Connection): void {
    let script = '';
    channel.on('error', () => {});
    channel.on('data', (chunk: Buffer) => {
      script += chunk.toString();
    });
    channel.on('end', () => {
      this.scripts.push(script);
      this.#script(channel, script, connection);
    });
  }
}

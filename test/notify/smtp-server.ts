import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { certificate, privateKey } from './certificate.ts';

export interface SeenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, without the doubled dots. */
  readonly data: string;
  readonly encrypted: boolean;
  /** `user:password`; `null`: nobody logged in. */
  readonly login: string | null;
}

export interface SmtpRules {
  /** TLS before the first word. */
  readonly secure?: boolean;
  readonly startTls?: boolean;
  /** `user:password` that is let in; absent: nobody is asked. */
  readonly login?: string;
  /** What is answered to a command that begins like this, instead of what is usual. `''`: nothing, for ever. */
  readonly says?: Readonly<Record<string, string>>;
}

/** A small mail server on loopback: one room for what it heard, and rules for its bad days. */
export class SmtpServer {
  readonly mails: SeenMail[] = [];
  /** Every line that came, but for the mails themselves. */
  readonly heard: string[] = [];
  rules: SmtpRules = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #context = createSecureContext({ key: privateKey(), cert: certificate });

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      if (this.rules.secure === true) this.#talk(this.#encrypt(socket), true, true);
      else this.#talk(socket, false, true);
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the mail server does not listen');
    return address.port;
  }

  forget(rules: SmtpRules = {}): void {
    this.rules = rules;
    this.mails.length = 0;
    this.heard.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #encrypt(socket: Socket): TLSSocket {
    const encrypted = new TLSSocket(socket, { isServer: true, secureContext: this.#context });
    encrypted.on('error', () => {});
    return encrypted;
  }

  #talk(socket: Socket, encrypted: boolean, greet: boolean): void {
    const { rules } = this;
    let buffered = '';
    let body: string | null = null;
    let mail = { from: '', to: [] as string[] };
    let login: string | null = null;
    const say = (line: string): void => {
      if (line !== '') socket.write(`${line}\r\n`);
    };
    const usual = (line: string): string => {
      const word = line.slice(0, 4).toUpperCase();
      switch (word) {
        case 'EHLO': {
          const tls = rules.startTls === true && !encrypted ? '250-STARTTLS\r\n' : '';
          return `250-here\r\n${tls}${rules.login === undefined ? '' : '250-AUTH PLAIN\r\n'}250 8BITMIME`;
        }
        case 'AUTH': {
          const given = Buffer.from(line.split(' ')[2] ?? '', 'base64')
            .toString('utf8')
            .split('\0');
          login = given.slice(1).join(':');
          return login === rules.login ? '235 welcome' : `535 not you: ${line.split(' ')[2]}`;
        }
        case 'MAIL':
          mail = { from: addressIn(line), to: [] };
          return rules.login === undefined || login !== null ? '250 ok' : '530 who are you';
        case 'RCPT':
          mail.to.push(addressIn(line));
          return '250 ok';
        case 'DATA':
          body = '';
          return '354 go on';
        case 'STAR':
          return rules.startTls === true && !encrypted ? '220 go on' : '502 no TLS here';
        case 'QUIT':
          return '221 bye';
        default:
          return '500 what';
      }
    };
    const take = (line: string): void => {
      if (body !== null) {
        if (line !== '.') {
          body += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
          return;
        }
        const answer = rules.says?.['.'] ?? '250 2.0.0 queued as 4X1';
        if (answer.startsWith('2')) this.mails.push({ ...mail, data: body, encrypted, login });
        body = null;
        say(answer);
        return;
      }
      this.heard.push(line);
      const own = Object.entries(rules.says ?? {}).find(([beginning]) => line.startsWith(beginning));
      const answer = own?.[1] ?? usual(line);
      if (own !== undefined && line.startsWith('RCPT') && !answer.startsWith('2')) mail.to.pop();
      say(answer);
      if (line.toUpperCase() === 'STARTTLS' && answer.startsWith('220')) {
        socket.removeAllListeners('data');
        this.#talk(this.#encrypt(socket), true, false);
      }
    };
    socket.on('data', (piece: Buffer) => {
      buffered += piece.toString('utf8');
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        take(line);
      }
    });
    if (greet) say(rules.says?.greeting ?? '220 here ESMTP');
  }
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? '';
}

import { Unreadable } from '../unreadable.ts';
import { TRANSFERS } from './script.ts';

/** The counters of one look. `null`: the machine does not show that one. */
export interface Counters {
  /** Seconds since boot, on a clock that nobody sets. */
  readonly upS: number | null;
  readonly cpuUs: number | null;
  readonly diskBytes: number | null;
  readonly networkBytes: number | null;
  /** CPU time that the script had used until then, µs. */
  readonly ownCpuUs: number;
}

export interface SocketTable {
  /** The other ends of established connections to sshd, as the kernel writes them: hexadecimal address and port. */
  readonly peers: readonly { readonly remote: string; readonly inode: string }[];
}

/** One run of nvidia-smi. */
export interface GpuSample {
  readonly code: number;
  readonly lines: readonly string[];
}

/** What the script printed, as far as it was read; nothing here is trusted to be true, only to be of its form. */
export interface MachineFacts {
  /** The machine's own clock, epoch ms. */
  readonly nowAt: number;
  readonly boot: string | null;
  /** Our own connection, as the machine sees it. */
  readonly connection: { readonly address: string; readonly port: number } | null;
  /** When our script began, in the kernel's ticks. */
  readonly beganTicks: number | null;
  readonly first: Counters;
  readonly second: Counters;
  /** CPU time of the whole script, µs. */
  readonly ownCpuUs: number;
  readonly smi: 'none' | 'there' | 'hung';
  readonly samples: readonly GpuSample[];
  /** How many processes the driver names. `null`: not told. */
  readonly apps: number | null;
  /** Device files of cards. */
  readonly devices: number;
  readonly memoryBytes: number | null;
  readonly transfers: readonly string[];
  /** Sockets that processes of sshd hold, and since when they run, in ticks. */
  readonly held: ReadonlyMap<string, number>;
  /** `null`: not readable. */
  readonly socketsFirst: SocketTable | null;
  readonly socketsSecond: SocketTable | null;
  /** Newest input on any terminal, epoch ms of the machine's clock. `null`: no terminal; undefined: cannot be told. */
  readonly inputAt: number | null | undefined;
  readonly keep: { readonly modifiedAt: number; readonly text: string; readonly processAgeMs?: number } | null;
}

/** So many lines are never needed; the sender's own limits are lower. */
const MOST_LINES = 2_000;
/** Linux tells the start of a process in hundredths of a second, whatever it counts in itself. */
const TICKS_PER_SECOND = 100;
const NUMBER = /^\d{1,18}$/;

/** Reads the script's answer. @throws Unreadable when it is cut off or anything in it is not of the script's form */
export function readOutput(stdout: string, mark: string): MachineFacts {
  const begin = stdout.indexOf(`lamplighter ${mark} begin\n`);
  const end = stdout.lastIndexOf(`\nlamplighter ${mark} end\n`);
  if (begin === -1) throw new Unreadable('bad-answer', { kind: 'script-unrun' });
  if (end < begin) throw new Unreadable('bad-answer', { kind: 'script-cut' });
  const lines = stdout.slice(begin, end).split('\n').slice(1);
  if (lines.length > MOST_LINES) throw new Unreadable('bad-answer', { kind: 'script-long' });
  const reader = new Reader();
  for (const line of lines) reader.take(line);
  return reader.facts();
}

class Look {
  upS: number | null = null;
  cpuUs: number | null = null;
  /** `null`: no counter; it is one as soon as a device is counted. */
  disk: { bytes: number } | null = null;
  network: { bytes: number } | null = null;
  ownCpuUs = 0;
  sockets: { peers: { remote: string; inode: string }[] } | null = null;

  counters(): Counters {
    const { upS, cpuUs, disk, network, ownCpuUs } = this;
    return { upS, cpuUs, diskBytes: disk?.bytes ?? null, networkBytes: network?.bytes ?? null, ownCpuUs };
  }
}

class Reader {
  readonly #looks = { A: new Look(), B: new Look(), C: new Look() };
  readonly #samples: { code: number; lines: string[] }[] = [];
  readonly #transfers = new Set<string>();
  readonly #held = new Map<string, number>();
  /** Whose times the next lines are, and how many of the two have come. */
  #times: { look: Look; left: number } | null = null;
  #nowAt: number | null = null;
  #boot: string | null = null;
  #connection: MachineFacts['connection'] = null;
  #beganTicks: number | null = null;
  #smi: MachineFacts['smi'] = 'none';
  #apps: number | null = null;
  #devices = 0;
  #memoryBytes: number | null = null;
  #inputAt: number | null | undefined;
  #keep: MachineFacts['keep'] = null;
  /** When the process began that the keep-alive file names, in ticks. */
  #keeperTicks: number | null = null;

  /** By the first word of a line; the words behind it, and the same as they stand. */
  readonly #handlers: ReadonlyMap<string, (words: readonly string[], rest: string) => void> = new Map<
    string,
    (words: readonly string[], rest: string) => void
  >([
    ['boot', ([id = '']) => (this.#boot = /^[\da-f-]{1,64}$/i.test(id) ? id : bad('boot'))],
    ['connection', ([address = '', port = '']) => (this.#connection = { address, port: whole(port, 'connection') })],
    ['began', ([ticks = '']) => (this.#beganTicks = ticks === '' ? null : whole(ticks, 'began'))],
    ['up', ([look = '', s = '']) => (this.#look(look).upS = /^\d{1,12}(\.\d{1,6})?$/.test(s) ? Number(s) : bad('up'))],
    ['cpu', ([look = '', unit, n = '']) => (this.#look(look).cpuUs = whole(n, 'cpu') / (unit === 'nsec' ? 1_000 : 1))],
    // Only a device that is counted makes it a counter; a table without one counts nothing.
    ['disk', () => {}],
    ['io', ([look = '', ...words]) => addDisk(this.#look(look), words)],
    ['net', ([look = '']) => (this.#look(look).network ??= { bytes: 0 })],
    ['if', ([look = '', ...words]) => addInterface(this.#look(look), words)],
    ['times', ([look = '']) => (this.#times = { look: this.#look(look), left: 2 })],
    ['smi', ([state]) => (this.#smi = state === 'there' || state === 'hung' || state === 'none' ? state : bad('smi'))],
    ['sample', ([, code = '']) => this.#samples.push({ code: whole(code, 'sample'), lines: [] })],
    ['gpu', ([sample = ''], rest) => (this.#samples.at(-1) ?? bad('gpu')).lines.push(rest.slice(sample.length + 1))],
    ['apps', ([count = '']) => (this.#apps = whole(count, 'apps'))],
    ['devices', ([count = '']) => (this.#devices = whole(count, 'devices'))],
    ['memory', ([what = '', amount = '']) => this.#takeMemory(what, amount)],
    ['transfer', (_, name) => this.#takeTransfer(name)],
    ['held', ([ticks = '', socket = '']) => this.#held.set(inode(socket), whole(ticks, 'held'))],
    ['sockets', ([look = '']) => (this.#look(look).sockets ??= { peers: [] })],
    ['peer', ([look = '', end = '', socket = '']) => this.#takePeer(look, end, socket)],
    ['terminals', () => (this.#inputAt ??= null)],
    ['input', ([at = '']) => (this.#inputAt = Math.max(this.#inputAt ?? 0, whole(at, 'input') * 1_000))],
    [
      'keep',
      ([at = ''], rest) => (this.#keep = { modifiedAt: whole(at, 'keep') * 1_000, text: rest.slice(at.length + 1) }),
    ],
    ['keeper', ([ticks = '']) => (this.#keeperTicks = ticks === '' ? null : whole(ticks, 'keeper'))],
    ['now', ([at = '']) => (this.#nowAt = whole(at, 'now') * 1_000)],
  ]);

  take(line: string): void {
    if (this.#times !== null) {
      this.#takeTimes(this.#times, line);
      return;
    }
    const [key = '', ...words] = line.split(' ');
    const handle = this.#handlers.get(key) ?? (() => bad('a line'));
    handle(words, line.slice(key.length + 1));
  }

  facts(): MachineFacts {
    const { A, B, C } = this.#looks;
    if (this.#nowAt === null) throw new Unreadable('bad-answer', { kind: 'no-remote-time' });
    return {
      nowAt: this.#nowAt,
      boot: this.#boot,
      connection: this.#connection,
      beganTicks: this.#beganTicks,
      first: A.counters(),
      second: B.counters(),
      ownCpuUs: C.ownCpuUs,
      smi: this.#smi,
      samples: this.#samples,
      apps: this.#apps,
      devices: this.#devices,
      memoryBytes: this.#memoryBytes,
      transfers: [...this.#transfers],
      held: this.#held,
      socketsFirst: A.sockets,
      socketsSecond: B.sockets,
      inputAt: this.#inputAt,
      keep: this.#keep === null ? null : { ...this.#keep, ...this.#keeper() },
    };
  }

  #keeper(): { readonly processAgeMs?: number } {
    if (this.#keeperTicks === null || this.#beganTicks === null) return {};
    return { processAgeMs: ((this.#beganTicks - this.#keeperTicks) / TICKS_PER_SECOND) * 1_000 };
  }

  #look(name: string): Look {
    if (name === 'A' || name === 'B' || name === 'C') return this.#looks[name];
    return bad('a look');
  }

  /** Two lines, of the shell and of its children: "0m0.010s 0m0.020s", user and system. */
  #takeTimes(times: { look: Look; left: number }, line: string): void {
    const [, ...parts] =
      /^(\d{1,6})m(\d{1,2}(?:\.\d{1,9})?)s (\d{1,6})m(\d{1,2}(?:\.\d{1,9})?)s$/.exec(line) ?? bad('times');
    const [userM = 0, userS = 0, systemM = 0, systemS = 0] = parts.map(Number);
    times.look.ownCpuUs += ((userM + systemM) * 60 + userS + systemS) * 1_000_000;
    times.left -= 1;
    if (times.left === 0) this.#times = null;
  }

  #takePeer(look: string, end: string, socket: string): void {
    (this.#look(look).sockets ?? bad('peer')).peers.push({ remote: remote(end), inode: inode(socket) });
  }

  /** Only names that we asked for are passed on. */
  #takeTransfer(name: string): void {
    if (TRANSFERS.some((known) => known === name)) this.#transfers.add(name);
  }

  /** The smaller of the machine's memory and the container's limit; no limit is written as "max" or as a number beyond all memory. */
  #takeMemory(what: string, amount: string): void {
    if (amount === 'max') return;
    if (!/^\d{1,20}$/.test(amount)) bad('memory');
    const bytes = Number(amount) * (what === 'total' ? 1_024 : 1);
    this.#memoryBytes = Math.min(this.#memoryBytes ?? Number.POSITIVE_INFINITY, bytes);
  }
}

/** cgroup v2: "8:0 rbytes=1 wbytes=2 rios=…"; v1: its last line, "Total 3". */
function addDisk(look: Look, words: readonly string[]): void {
  const [first = '', second = ''] = words;
  const parts = first === 'Total' ? [second] : words.flatMap((word) => /^[rw]bytes=(\d+)$/.exec(word)?.[1] ?? []);
  for (const part of parts) {
    const bytes = whole(part, 'io');
    // Never a byte since boot: nobody counts here.
    if (bytes > 0) look.disk = { bytes: (look.disk?.bytes ?? 0) + bytes };
  }
}

/** /proc/net/dev: name, then eight numbers received and eight sent, of which the first are bytes. */
function addInterface(look: Look, words: readonly string[]): void {
  const [name = '', ...numbers] = words.filter((word) => word !== '');
  if (name === 'lo' || look.network === null) return;
  look.network.bytes += whole(numbers[0] ?? '', 'if') + whole(numbers[8] ?? '', 'if');
}

function whole(text: string, what: string): number {
  return NUMBER.test(text) ? Number(text) : bad(what);
}

function inode(text: string): string {
  return NUMBER.test(text) ? text : bad('an inode');
}

function remote(text: string): string {
  return /^(?:[\dA-F]{8}|[\dA-F]{32}):[\dA-F]{4}$/.test(text) ? text : bad('a connection');
}

function bad(what: string): never {
  throw new Unreadable('bad-answer', { kind: 'script-odd', what });
}

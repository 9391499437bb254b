import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { SavingsReport, SavingsRow, SavingsSum } from '../../src/fleet/savings-report.ts';
import type {
  AccountBoard,
  BoardSource,
  MoneyPoint,
  ObservedTally,
  OperationBoard,
  OperationQuery,
  PolicyBoard,
  PolicyFacts,
  PolicyRow,
  PolicyTally,
  QueueBoard,
  ReloadState,
} from '../../src/web/console/board-source.ts';

/** Noon in Shanghai. */
const NOON = Date.parse('2026-11-22T12:00:00+08:00');
const HOUR = 3_600_000;

export function operation(change: Partial<Operation> = {}): Operation {
  const id = change.id ?? 'op-1';
  return {
    id,
    account: 'hxy',
    provider: 'huixingyun',
    instance: 'hxy/gpu-1',
    instanceId: 'gpu-1',
    instanceName: 'train-1',
    action: 'renew',
    call: { kind: 'renew', unit: 'monthly', periods: 1 },
    policy: 'keep-paid',
    step: 0,
    occurrence: 'expires=2026-11-25T00:00:00Z',
    by: 'policy keep-paid',
    attempt: 1,
    state: 'escalated',
    reason: 'not-seen',
    detail: verbatim('the expiry has not moved within 15m'),
    version: 5,
    createdAt: NOON - 2 * HOUR,
    updatedAt: NOON - HOUR,
    sendingAt: NOON - 2 * HOUR,
    deadlineAt: null,
    effectiveAt: null,
    nextCheckAt: null,
    checks: 3,
    tries: 0,
    orderId: null,
    listedBefore: null,
    costFen: 90_000,
    observed: {
      status: 'running',
      billing: 'monthly',
      createdAt: NOON - 30 * 24 * HOUR,
      startedAt: null,
      expiresAt: NOON + 12 * HOUR,
      imageId: null,
      gpuType: 'rtx_4090',
      gpuCount: 1,
    },
    evidence: { expiresAt: '2026-11-23T00:00:00+08:00' },
    obligations: [],
    transitions: [
      {
        seq: 1,
        at: NOON - 2 * HOUR,
        from: null,
        to: 'armed',
        reason: 'due',
        detail: NO_DETAIL,
        by: 'policy keep-paid',
      },
      {
        seq: 2,
        at: NOON - HOUR,
        from: 'verifying',
        to: 'escalated',
        reason: 'not-seen',
        detail: verbatim('the expiry has not moved within 15m'),
        by: 'lamplighter',
      },
    ],
    ...change,
  };
}

export function operationBoard(change: Partial<OperationBoard> = {}): OperationBoard {
  return {
    operation: operation(),
    instance: {
      name: 'train-1',
      status: 'running',
      billing: 'monthly',
      expiresAt: NOON + 12 * HOUR,
      listedAt: NOON - 30_000,
    },
    isAnother: false,
    cannotApprove: null,
    lastLook: null,
    attempts: [],
    ...change,
  };
}

export function policyFacts(change: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    name: 'stop-idle',
    description: 'Nobody works on it',
    enabled: true,
    mode: 'enforce',
    match: {
      clauses: [
        { about: 'provider', values: ['huixingyun'] },
        { about: 'name', values: ['dev-*'] },
      ],
      not: [],
    },
    conditions: [{ kind: 'idleFor', ms: HOUR / 2 }],
    steps: [{ kind: 'stop' }],
    startsAfterwards: false,
    noticeMs: 600_000,
    requireNotice: false,
    minimumUptimeMs: HOUR / 2,
    cooldownMs: 0,
    catchUpMs: HOUR / 4,
    limits: null,
    commonLimits: null,
    scope: 'instance',
    place: { file: 'policies/idle.yaml', line: 2 },
    ...change,
  };
}

export const NO_TALLY: PolicyTally = {
  outcomes: new Map(),
  told: 0,
  refusals: new Map(),
  savedGpuSeconds: 0,
  savedFen: 0,
};
export const NOT_OBSERVED: ObservedTally = {
  stops: 0,
  right: 0,
  wrong: 0,
  unknown: 0,
  open: 0,
  savedGpuSeconds: 0,
  savedFen: 0,
};

export function policyRow(change: Partial<PolicyRow> = {}): PolicyRow {
  return {
    facts: policyFacts(),
    matches: 3,
    day: {
      ...NO_TALLY,
      outcomes: new Map([['confirmed', 4]]),
      refusals: new Map([
        ['hold', 2],
        ['protected', 1],
      ]),
    },
    week: { ...NO_TALLY, outcomes: new Map([['confirmed', 20]]), told: 3 },
    saved: { gpuSeconds: 36_000, fen: 1_980 },
    stops: { count: 0, wrong: 0 },
    observed: NOT_OBSERVED,
    ...change,
  };
}

export function policyBoard(change: Partial<PolicyBoard> = {}): PolicyBoard {
  return { ...policyRow(), stands: [], recent: [], shadows: [], ...change };
}

export const GOOD_RELOAD: ReloadState = {
  ok: true,
  at: null,
  detail: 'read at the start',
  fromLastGood: false,
  mistakes: [],
  held: null,
};

export function accountBoard(change: Partial<AccountBoard> = {}): AccountBoard {
  return {
    name: 'hxy',
    provider: 'huixingyun',
    ok: true,
    detail: 'ok',
    failures: 0,
    triedAt: NOON - 20_000,
    okAt: NOON - 20_000,
    pollEveryMs: 60_000,
    instances: 12,
    running: 9,
    listing: 'whole',
    balanceFen: 123_456,
    cardsFen: 0,
    burnFenPerHour: 1_980,
    runwayMs: 62 * HOUR,
    runwayPessimisticMs: 40 * HOUR,
    runwayOptimisticMs: 90 * HOUR,
    runwayUnknown: null,
    unpriced: [],
    spend: { calls: 2, callsLimit: 10, fen: 4_000, fenLimit: 50_000 },
    actions: ['stop', 'start', 'renew'],
    breakers: [],
    unclear: 0,
    freezes: [],
    escalated: 0,
    ...change,
  };
}

export function queueBoard(change: Partial<QueueBoard> = {}): QueueBoard {
  const nothing = Array.from({ length: 60 }, () => 0);
  return {
    queue: 'poll',
    waiting: 0,
    active: 1,
    delayed: 2,
    retrying: 0,
    failed: 0,
    oldestMs: null,
    completed: nothing,
    gaveUp: nothing,
    failures: [],
    ...change,
  };
}

const NO_SUM: SavingsSum = {
  ms: 0,
  gpuMs: 0,
  grossFen: 0,
  keptFen: 0,
  stops: 0,
  wrong: 0,
  instances: 0,
  unpriced: 0,
  unkept: 0,
};

export function savingsRow(
  key: string | null,
  saved: Partial<SavingsSum>,
  would: Partial<SavingsSum> = {},
): SavingsRow {
  return { key, name: null, saved: { ...NO_SUM, ...saved }, would: { ...NO_SUM, ...would } };
}

export const NOTHING_SAVED: SavingsReport = {
  since: '2026-10-24',
  until: '2026-11-22',
  timezone: 'Asia/Shanghai',
  by: 'day',
  label: null,
  rows: [],
  total: savingsRow(null, {}),
  unwatched: [],
};

/** Boards that answer as they are told, and note which operations were asked for. */
export class MemoryBoards implements BoardSource {
  readonly asked: OperationQuery[] = [];
  ledger: readonly Operation[] = [];
  nextPage: string | null = null;
  board: OperationBoard | null = null;
  policyRows: readonly PolicyRow[] = [policyRow()];
  reload: ReloadState = GOOD_RELOAD;
  policyOf: PolicyBoard | null = null;
  accountBoards: readonly AccountBoard[] = [accountBoard()];
  points: readonly MoneyPoint[] = [];
  queueBoards: readonly QueueBoard[] = [queueBoard()];

  savingsOf: (account: string | null) => SavingsReport = () => NOTHING_SAVED;

  savings(account: string | null) {
    return Promise.resolve(this.savingsOf(account));
  }
  names() {
    return {
      accounts: this.accountBoards.map(({ name }) => name),
      policies: this.policyRows.map(({ facts }) => facts.name),
    };
  }
  operations(query: OperationQuery) {
    this.asked.push(query);
    const items = this.ledger.filter(
      ({ state, account, policy }) =>
        (query.states === null || query.states.includes(state)) &&
        (query.account === null || query.account === account) &&
        (query.policy === null || query.policy === policy),
    );
    return Promise.resolve({ items, next: this.nextPage });
  }
  operation(id: string) {
    return Promise.resolve(this.board?.operation.id === id ? this.board : null);
  }
  policies() {
    return Promise.resolve({ rows: this.policyRows, reload: this.reload });
  }
  policy(name: string) {
    return Promise.resolve(this.policyOf?.facts.name === name ? this.policyOf : null);
  }
  accounts() {
    return Promise.resolve(this.accountBoards);
  }
  account(name: string) {
    return Promise.resolve(this.accountBoards.find((board) => board.name === name) ?? null);
  }
  money() {
    return Promise.resolve(this.points);
  }
  queues() {
    return Promise.resolve(this.queueBoards);
  }
}

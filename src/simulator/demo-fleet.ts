import { GPU_MODELS, PRODUCTS } from './catalogue.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './clocks.ts';
import { seededRandom } from './random.ts';
import type { SimAccount } from './sim-account.ts';
import { makeInstanceId, type SimInstanceSeed, type SimProvider } from './sim-instance.ts';
import { alwaysBusy, alwaysIdle, busyCycle, busyOnce, type Workload } from './workload.ts';

// A rest this long means that somebody went home.
const OFF_HOURS_MS = 6 * HOUR_MS;
const SHANGHAI_OFFSET_MS = 8 * HOUR_MS;

/** The ways of working that the demo's people have. */
function habits(now: number) {
  const midnight = Math.floor((now + SHANGHAI_OFFSET_MS) / DAY_MS) * DAY_MS - SHANGHAI_OFFSET_MS;
  // Habits begin the day before, so that a daemon starting at 3 in the morning finds a past.
  const dayBefore = midnight - DAY_MS;
  return {
    /** A working day from `hour` on. */
    office: (hour: number, hours = 9): Workload =>
      busyCycle(dayBefore + hour * HOUR_MS, hours * HOUR_MS, (24 - hours) * HOUR_MS, { connections: 1 }),
    /** Runs that end after `minutes`, and nobody comes back. */
    endsIn: (minutes: number): Workload => busyOnce(now - 3 * HOUR_MS, 3 * HOUR_MS + minutes * MINUTE_MS),
    /** Bursts of work: `busy` minutes, then `idle` minutes. */
    bursts: (busy: number, idle: number): Workload => busyCycle(dayBefore, busy * MINUTE_MS, idle * MINUTE_MS),
    training: (): Workload => alwaysBusy(now - 30 * HOUR_MS),
    /** Computes without printing anything: busy, though its stamps stand still. */
    silentTraining: (): Workload => busyCycle(now - HOUR_MS, 20 * HOUR_MS, 2 * HOUR_MS, { silent: true }),
    forgotten: (): Workload => alwaysIdle(now - DAY_MS),
    serving: (): Workload => alwaysBusy(now - 60 * DAY_MS, { kernels: 0 }),
  };
}

type Row = readonly [name: string, workload: Workload, extra?: SimInstanceSeed];

function seeds(provider: SimProvider, now: number, random: () => number, rows: readonly Row[]): SimInstanceSeed[] {
  return rows.map(([name, workload, extra], index) => ({
    id: makeInstanceId(provider, extra?.room ?? '105', random),
    name,
    workload,
    createdAt: now - (2 + index) * DAY_MS,
    startedAt: now - (2 + (index % 5)) * HOUR_MS,
    // Whoever keeps office hours comes back to the machine in the morning, stopped or not; machines at work all night do not.
    ownerStarts: workload.busyMs > 0 && workload.idleMs >= OFF_HOURS_MS,
    ...extra,
  }));
}

function huixingyun(now: number, random: () => number): SimInstanceSeed[] {
  const at = habits(now);
  const [, in106, , a100] = PRODUCTS;
  const big: SimInstanceSeed = a100 === undefined ? {} : { gpu: a100.gpuType, room: a100.room };
  const cheap: SimInstanceSeed = in106 === undefined ? {} : { gpu: in106.gpuType, room: in106.room };
  const daily = (hours: number): SimInstanceSeed => ({ billing: 'daily', expiresAt: now + hours * HOUR_MS });
  const monthly = (hours: number): SimInstanceSeed => ({ billing: 'monthly', expiresAt: now + hours * HOUR_MS });
  return seeds('huixingyun', now, random, [
    ['dev-llm-01', at.endsIn(10)],
    ['dev-llm-02', at.endsIn(45)],
    ['dev-llm-03', at.office(9)],
    ['dev-llm-04', at.office(10), cheap],
    ['dev-notebook-wang', at.forgotten()],
    ['dev-张伟-调参', at.bursts(50, 70)],
    ['dev-语音识别-asr', at.office(13, 8), cheap],
    ['dev-diffusion-01', at.endsIn(90), { gpuCount: 2 }],
    ['dev-旧实验', at.forgotten(), { status: 'stopped', cardless: true }],
    ['train-qwen-7b', at.training(), { ...big, gpuCount: 4 }],
    ['train-bert-微调', at.silentTraining(), cheap],
    ['train-yolo-02', at.endsIn(240)],
    ['train-推荐模型', at.bursts(300, 60), big],
    ['train-archive-01', at.forgotten(), { status: 'stopped' }],
    // Stuck: no transition under way, so it starts for ever.
    ['train-stuck-03', at.forgotten(), { status: 'starting', next: null }],
    ['prod-api-01', at.serving(), daily(5)],
    ['prod-客服-bot', at.serving(), daily(20)],
    ['prod-rerank-02', at.serving(), { ...daily(47), ...cheap }],
    ['prod-搜索-embed', at.serving(), monthly(9)],
    ['prod-llm-gateway-01', at.serving(), { ...monthly(18 * 24), ...big }],
    ['prod-ocr-03', at.serving(), monthly(25 * 24)],
  ]);
}

function chenyu(now: number, random: () => number): SimInstanceSeed[] {
  const at = habits(now);
  const [, small, a100] = GPU_MODELS;
  const cheap: SimInstanceSeed = small === undefined ? {} : { gpu: small.uuid };
  const big: SimInstanceSeed = a100 === undefined ? {} : { gpu: a100.uuid };
  return seeds('chenyu', now, random, [
    ['我的PyTorch实例', at.endsIn(15)],
    ['dev-sdxl-01', at.endsIn(60)],
    ['dev-comfyui-李娜', at.office(9)],
    ['dev-whisper', at.office(10, 7), cheap],
    ['dev-agent-试验', at.forgotten(), cheap],
    ['dev-rag-02', at.bursts(40, 50)],
    ['train-lora-头像', at.endsIn(120)],
    ['train-vit-large', at.training(), { ...big, gpuCount: 2 }],
    ['train-tts-普通话', at.silentTraining()],
    ['train-gnn-01', at.bursts(200, 100), cheap],
    ['eval-nightly', at.bursts(30, 210)],
    ['课程作业-03', at.forgotten(), { ...cheap, status: 'stopped' }],
    ['demo-客户演示', at.office(14, 4)],
    ['tmp-test-1', at.forgotten(), { status: 'stopped' }],
  ]);
}

function chenyuV1(now: number, random: () => number): SimInstanceSeed[] {
  const at = habits(now);
  return seeds('chenyu-v1', now, random, [
    ['legacy-ocr-01', at.endsIn(20)],
    ['legacy-检索服务', at.training()],
    ['legacy-notebook', at.forgotten()],
    ['legacy-nlp-作业', at.office(9)],
    ['legacy-batch-02', at.bursts(60, 120), { status: 'stopped' }],
    ['legacy-new-01', at.forgotten(), { status: 'created', startedAt: null }],
  ]);
}

/**
 * The fleet of the demo: some forty instances over three accounts, whose work ends, goes on or follows office hours in
 * Shanghai, with prepaid ones close to expiry and chenyu's balance (in fen) soon under 200 yuan. The ids are always the same, so
 * that a configuration may name them. People with office hours start their stopped machines in the morning, and finance refills
 * every account in the end, so that the demo can run for weeks.
 */
export function demoFleet(now: number): SimAccount[] {
  // Any seed will do, as long as it stays.
  const random = seededRandom(720);
  return [
    {
      name: 'hxy-main',
      provider: 'huixingyun',
      token: '2292c8da-bac5-4000-8000-2cd2e6a0ae30',
      username: 'demo',
      password: 'demo-console-password',
      balanceFen: 2_000_000,
      topUp: { belowFen: 500_000, amountFen: 2_000_000 },
      instances: huixingyun(now, random),
    },
    {
      name: 'chenyu',
      provider: 'chenyu',
      token: 'cy_0123456789abcdef0123456789abcdef',
      balanceFen: 26_000,
      topUp: { belowFen: 5_000, amountFen: 60_000 },
      instances: chenyu(now, random),
    },
    {
      name: 'chenyu-v1',
      provider: 'chenyu-v1',
      token: 'sk-0123456789abcdef0123456789abcdef',
      balanceFen: 80_000,
      topUp: { belowFen: 10_000, amountFen: 80_000 },
      instances: chenyuV1(now, random),
    },
  ];
}

import { html } from 'hono/html';
import { wordZh } from '../../fleet/detail/zh/words.ts';
import { fromNow, shown, spanIn, time, word } from './format.ts';
import { catalogue, type Language } from './language.ts';
import type { IdleBoard, ReadingBoard } from './source.ts';
import { told } from './told.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    none: 'Nothing is known of its activity.',
    since: 'since',
    watched: 'watched without a gap since',
    next: 'next look',
    people: 'somebody is there, which protects until',
    lease: (owner: string) => `${owner} asks that it be kept, until`,
    gaps: (count: number) => (count === 1 ? 'one gap in what was seen' : `${count} gaps in what was seen`),
    signal: 'Signal',
    value: 'Value',
    threshold: 'From there on active',
    verdict: 'Verdict',
    last: 'Last active',
    judgesPeople: 'sees people only, so it cannot prove idleness',
    onlyPositive: 'can prove activity only',
    read: 'read',
    policy: 'Policy',
    proven: 'Proven',
    of: (done: string, all: string) => `${done} of ${all}`,
    counted: 'Counted from',
    eligible: 'May act',
    notice: (text: string) => `then announced for ${text}`,
    blockers: 'What is missing',
    nothing: 'nothing',
    causes: {
      activity: 'its last activity',
      boot: 'its start',
      watch: 'since when it is watched',
      'policy-edit': 'the last change of the policy',
      hold: 'the end of the last hold',
    },
  },
  zh: {
    none: '对它的活动一无所知。',
    since: '自',
    watched: '连续观察自',
    next: '下次查看',
    people: '有人在用，保护至',
    lease: (owner: string) => `${owner} 要求保持，至`,
    gaps: (count: number) => `观察中有 ${count} 处空缺`,
    signal: '信号',
    value: '读数',
    threshold: '达到即为在用',
    verdict: '判定',
    last: '上次在用',
    judgesPeople: '只看得见人，不能证明空闲',
    onlyPositive: '只能证明在用',
    read: '读取于',
    policy: '策略',
    proven: '已证明',
    of: (done: string, all: string) => `${done}，共需 ${all}`,
    counted: '起算',
    eligible: '可动手',
    notice: (text: string) => `之后预告 ${text}`,
    blockers: '还差什么',
    nothing: '不差',
    causes: {
      activity: '上次活动',
      boot: '开机',
      watch: '开始观察',
      'policy-edit': '策略上次修改',
      hold: '上次保留结束',
    },
  },
});

/** How it is decided whether the machine is idle: the verdict, each signal with its value, and each policy's clock. */
export function idleSection(idle: IdleBoard | null, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (idle === null) return html`<p class="dim">${t.none}</p>`;
  const at = (text: string) => Date.parse(text);
  return html`<div class="card"><p>${word(idle.verdict, visit.language)}${idle.since === null ? '' : html` ${t.since} ${time(at(idle.since), visit)} <small class="inline">${fromNow(at(idle.since), visit)}</small>`}${idle.causeTold === null ? '' : html` · ${told(idle.causeTold, visit)}`}</p>
${idle.remarkTold === null ? '' : html`<p class="banner warn">${told(idle.remarkTold, visit)}</p>`}${
  idle.protection === null
    ? ''
    : html`<p>${idle.protection.by === 'people' ? t.people : t.lease(shown(idle.keepAlive?.owner ?? ''))} ${time(at(idle.protection.until), visit)}${idle.keepAlive === null ? '' : html` · ${shown(idle.keepAlive.reason)}`}</p>`
}<p class="dim"><small>${idle.watchedFrom === null ? '' : html`${t.watched} ${time(at(idle.watchedFrom), visit)} · `}${idle.missed.length === 0 ? '' : html`${t.gaps(idle.missed.length)} · `}${idle.nextCheckAt === null ? '' : html`${t.next} ${fromNow(at(idle.nextCheckAt), visit)}`}</small></p>
${idle.readings.map((reading) => readingOf(reading, visit))}${clocks(idle, visit)}</div>`;
}

function readingOf(reading: ReadingBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  const title = html`<b>${shown(reading.probe)}</b> ${word(reading.verdict, language)} <small class="inline">${t.read} ${fromNow(Date.parse(reading.at), visit)}${reading.judges === 'people' ? ` · ${t.judgesPeople}` : ''}</small>`;
  if (reading.signals.length === 0) {
    return html`<div class="reading"><p>${title}<small>${told(reading.told, visit)}</small></p></div>`;
  }
  return html`<div class="reading"><p>${title}</p><table class="slim"><caption class="hidden">${shown(reading.probe)}</caption><thead><tr><th scope="col">${t.signal}</th><th scope="col">${t.verdict}</th><th scope="col" class="number">${t.value}</th><th scope="col" class="number">${t.threshold}</th><th scope="col">${t.last}</th></tr></thead><tbody>${reading.signals.map(
    (signal) =>
      html`<tr><th scope="row">${signalIn(signal.signal, visit.language)}<small>${told(signal.told, visit)}${signal.onlyPositive ? ` · ${t.onlyPositive}` : ''}</small></th><td>${word(signal.verdict, language)}</td><td class="number">${measure(signal.value, signal.unit)}</td><td class="number">${measure(signal.threshold, signal.unit)}</td><td>${fromNow(signal.lastActiveAt === null ? null : Date.parse(signal.lastActiveAt), visit)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** The name of a signal as the reader reads it. */
function signalIn(signal: string, language: Language): string {
  return shown(language === 'zh' ? wordZh(signal) : signal);
}

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

function measure(value: number | null, unit: string): string {
  return value === null ? '–' : `${NUMBER.format(value)}${unit === '' ? '' : ` ${shown(unit)}`}`;
}

function clocks({ policies }: IdleBoard, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  const causes: Readonly<Record<string, string>> = t.causes;
  if (policies.length === 0) return '';
  const at = (text: string | null) => (text === null ? null : Date.parse(text));
  return html`<table class="slim"><caption class="hidden">${t.policy}</caption><thead><tr><th scope="col">${t.policy}</th><th scope="col">${t.proven}</th><th scope="col">${t.counted}</th><th scope="col">${t.eligible}</th><th scope="col">${t.blockers}</th></tr></thead><tbody>${policies.map(
    (stand) =>
      html`<tr><th scope="row">${shown(stand.policy)}</th><td>${t.of(spanIn(stand.provenFor, visit.language), spanIn(stand.idleFor, visit.language))}</td><td>${time(at(stand.countedFrom), visit)}<small>${stand.countedSince === null ? '' : (causes[stand.countedSince] ?? stand.countedSince)}</small></td><td>${time(at(stand.eligibleAt), visit)}${stand.eligibleAt === null || stand.notice === '0s' ? '' : html`<small>${t.notice(spanIn(stand.notice, visit.language))}</small>`}</td><td>${stand.blockers.length === 0 ? t.nothing : stand.blockers.map((blocker) => html`<span title="${told(blocker.told, visit)}">${wordIn(visit.language, blocker.what)}</span><small>${told(blocker.told, visit)}${blocker.until === null ? '' : html` · ${time(at(blocker.until), visit)}`}</small>`)}</td></tr>`,
  )}</tbody></table>`;
}

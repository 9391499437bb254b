import { html } from 'hono/html';
import type { OperationState } from '../../fleet/operation.ts';
import { COMMAND, reasonIn } from './board-words.ts';
import { shown, toneOf } from './format.ts';
import type { Language } from './language.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

/** The page of one operation, policy, account or instance. */
export const linkTo = {
  operation: (id: string) => `/operations/${encodeURIComponent(id)}`,
  policy: (name: string) => `/policies/${encodeURIComponent(name)}`,
  account: (name: string) => `/accounts/${encodeURIComponent(name)}`,
  instance: (key: string) => {
    const slash = key.indexOf('/');
    return `/instances/${encodeURIComponent(key.slice(0, slash))}/${encodeURIComponent(key.slice(slash + 1))}`;
  },
};

/** What every form of these pages carries. `back` is where the browser goes on afterwards. */
export function formFields(visit: Visit, back: string): Html {
  return html`<input type="hidden" name="csrf" value="${visit.csrf ?? ''}"><input type="hidden" name="back" value="${back}">`;
}

/** An instance by its name with its key below. */
export function instanceCell(name: string, key: string): Html {
  const called = shown(name === '' ? key.slice(key.indexOf('/') + 1) : name);
  return html`<a href="${linkTo.instance(key)}">${called}</a><small class="key">${shown(key)}</small>`;
}

export function stateWord(state: OperationState, language: Language): Html {
  return html`<span class="word ${toneOf(state)}" title="${state}">${wordIn(language, state)}</span>`;
}

export function reasonWord(reason: string, language: Language): Html {
  return html`<span class="reason" title="${reason}">${reasonIn(language, reason)}</span>`;
}

/** A sentence of ours, with the command in it set as code. */
export function withCommand(text: string): Html {
  return html`${text.split(COMMAND).map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** A cell that names its column itself: on a narrow screen a row becomes a card, and the head of the table is gone. */
export function cell(label: string, content: Html | string | number, style = ''): Html {
  return html`<td${style === '' ? '' : html` class="${style}"`} data-label="${label}">${content}</td>`;
}

/** A table with its name for whoever does not see it. With the style `folds` its rows become cards on a narrow screen. */
export function table(options: {
  readonly id?: string;
  readonly caption: string;
  readonly columns: readonly (string | readonly [name: string, style: string])[];
  readonly rows: Html | readonly Html[];
  readonly style?: string;
}): Html {
  const { caption, columns, rows, style = '' } = options;
  const bodyId = options.id === undefined ? '' : html` id="${options.id}"`;
  return html`<div class="scroll"><table class="${style}"><caption class="hidden">${caption}</caption><thead><tr>${columns.map(
    (column) =>
      typeof column === 'string'
        ? html`<th scope="col">${column}</th>`
        : html`<th scope="col" class="${column[1]}">${column[0]}</th>`,
  )}</tr></thead><tbody${bodyId}>${rows}</tbody></table></div>`;
}

/** Facts as a list of terms; what has no value is left out. */
export function facts(rows: readonly (readonly [string, Html | string | null])[]): Html {
  return html`<dl class="facts">${rows
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const SPARK_WIDTH = 120;
const SPARK_HEIGHT = 24;

/** A line through numbers, some of them missing; drawn here, so that it is there without a script. */
export function sparkLine(values: readonly (number | null)[], label: string): Html | string {
  const known = values.flatMap((value) => (value === null ? [] : [value]));
  if (known.length < 2) return '';
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (i: number) => ((i / (values.length - 1)) * SPARK_WIDTH).toFixed(1);
  const y = (value: number) => (SPARK_HEIGHT - 2 - ((value - low) / (high - low || 1)) * (SPARK_HEIGHT - 4)).toFixed(1);
  let pen = 'M';
  const path = values.flatMap((value, i) => {
    if (value === null) {
      pen = 'M';
      return [];
    }
    const step = `${pen}${x(i)} ${y(value)}`;
    pen = 'L';
    return [step];
  });
  return html`<svg class="spark" viewBox="0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}" width="${SPARK_WIDTH}" height="${SPARK_HEIGHT}" role="img" aria-label="${label}"><path d="${path.join('')}"/></svg>`;
}

/** Bars for counts by the minute; `bad` stands on top of `good`. */
export function sparkBars(good: readonly number[], bad: readonly number[], label: string): Html {
  const most = Math.max(1, ...good.map((count, i) => count + (bad[i] ?? 0)));
  const width = SPARK_WIDTH / good.length;
  const bar = (i: number, from: number, count: number, style: string) => {
    const height = (count / most) * SPARK_HEIGHT;
    const top = SPARK_HEIGHT - ((from + count) / most) * SPARK_HEIGHT;
    return html`<rect class="${style}" x="${(i * width).toFixed(1)}" y="${top.toFixed(1)}" width="${(width * 0.8).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  };
  return html`<svg class="spark bars" viewBox="0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}" width="${SPARK_WIDTH}" height="${SPARK_HEIGHT}" role="img" aria-label="${label}">${good.map(
    (count, i) => {
      const failed = bad[i] ?? 0;
      return html`${count > 0 ? bar(i, 0, count, 'good') : ''}${failed > 0 ? bar(i, count, failed, 'bad') : ''}`;
    },
  )}</svg>`;
}

/** GPU hours to a tenth. */
export function gpuHours(seconds: number): string {
  return (Math.round(seconds / 360) / 10).toLocaleString('en', { minimumFractionDigits: 1 });
}

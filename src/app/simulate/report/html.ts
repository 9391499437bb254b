import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Simulation } from '../../simulate.ts';
import { assumptionTexts, localText, reportData } from './data.ts';
import { filled, type ReportLanguage, wordsFor } from './words.ts';

const HOUR_MS = 3_600_000;

/**
 * One page that holds everything: no address leads out of it, so it can be mailed and opened from a disk. What it runs and
 * how it looks are named by their digests in its own policy, so nothing else runs in it, whatever a machine is called.
 */
export async function reportHtml(simulation: Simulation, language: ReportLanguage): Promise<string> {
  const [style, script] = await Promise.all(['report.css', 'report.js'].map(asset));
  const words = wordsFor(language, simulation.assumptions.work);
  const { labels } = words;
  const { from, reached, bill, accounts, timezone, policies, seed } = simulation;
  const data = JSON.stringify(reportData(simulation, language)).replaceAll('<', '\\u003c');
  const busy = accounts.flatMap(({ machines }) => machines).reduce((sum, { whileBusy }) => sum + whileBusy, 0);
  const until = localText(reached, timezone);
  const subtitle = filled(words.subtitle, {
    from: localText(from, timezone),
    until,
    zone: timezone,
    machines: bill.instances,
    policies: policies.filter(({ enabled }) => enabled).length,
  });
  const hours = (ms: number) => (ms / HOUR_MS).toLocaleString(words.htmlLang, { maximumFractionDigits: 1 });
  const yuan = (fen: number) =>
    `¥${(fen / 100).toLocaleString(words.htmlLang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  // Nothing is saved that anybody knows of: that is not the same as nothing.
  const isUnpriced = bill.instances > 0 && bill.unpriced === bill.instances;
  const card = (title: string, value: string, note: string) =>
    `<div class="card"><h2>${escaped(title)}</h2><p class="value">${escaped(value)}</p><p class="note">${escaped(note)}</p></div>`;
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script ?? '')}'`,
    `style-src '${digest(style ?? '')}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="${words.htmlLang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(words.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(words.title)}</h1>
<p class="note">${escaped(seed === null ? subtitle : `${subtitle} · ${filled(labels.seed, { seed })}`)}</p>
</header>
<section class="cards" aria-label="${escaped(labels.total)}">
${card(labels.saved, isUnpriced ? labels.unpriced : yuan(bill.withoutFen - bill.fen), labels.savedNote)}
${card(labels.up, hours(bill.upMs), filled(labels.upNote, { without: hours(bill.upWithoutMs) }))}
${card(labels.paid, yuan(bill.paidFen), labels.paidNote)}
${card(labels.interruptions, String(bill.interruptions), filled(labels.interruptionsNote, { busy }))}
</section>
<details class="assumed" open><summary>${escaped(labels.assumed)}</summary>
<ul>${assumptionTexts(simulation, language, until)
    .map((text) => `<li>${escaped(text)}</li>`)
    .join('')}</ul></details>
<noscript><p class="note">${escaped(labels.noScript)}</p></noscript>
<div id="app"></div>
</main>
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

function asset(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, name), 'utf8');
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

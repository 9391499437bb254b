import { parseWindow } from '../calendar/parse-window.ts';
import type { Window } from '../calendar/window.ts';
import { zoneNamed } from '../calendar/zone.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import type { Subject } from '../policy/findings.ts';
import type { RouteConfig, TellingConfig } from './config.ts';
import type { TellingText } from './telling-grammar.ts';

/** What the names in routes are held against; `null`: they are not all known, because something there is wrong. */
export interface TellingNames {
  readonly accounts: readonly string[] | null;
  readonly labels: ReadonlyMap<string, readonly string[]> | null;
  readonly timezone: string;
}

/** @param subject the notifier's own map */
export function toTelling(text: TellingText, subject: Subject, names: TellingNames): TellingConfig {
  const { events = null, severity = 'info', language = 'en', timezone = names.timezone, repeatEvery = null } = text;
  const routes = (text.routes ?? []).map((route, index): RouteConfig => {
    checkAccounts(route.accounts ?? [], subject, index, names);
    checkLabels(route.labels ?? {}, subject, index, names);
    return {
      events: route.events ?? events,
      severity: route.severity ?? severity,
      accounts: route.accounts ?? null,
      labels: route.labels ?? null,
    };
  });
  return {
    routes: routes.length > 0 ? routes : [{ events, severity, accounts: null, labels: null }],
    language,
    timezone,
    quietHours: text.quietHours === undefined ? null : quietHours(text.quietHours, timezone, subject),
    repeatEveryMs: repeatEvery,
  };
}

/** `null`: refused, with an error. */
function quietHours(text: string, timezone: string, subject: Subject): Window | null {
  const parsed = parseWindow(text, { zone: zoneNamed(timezone), calendars: new Map() });
  if (!parsed.ok) {
    const { message, offset, length } = parsed;
    subject.error(['quietHours'], message, { offset, length });
    return null;
  }
  // What waits for the end of hours that never end is lost.
  const endless = parsed.window.specs.some(({ kind }) => kind === 'always');
  const state = parsed.window.state(0);
  if (endless || (state.inside && state.closesAt === null)) {
    subject.error(['quietHours'], 'these hours never end, so that what waits for their end would never be told', {
      hint: 'severity: warning leaves out what is only information',
    });
    return null;
  }
  return parsed.window;
}

function checkAccounts(
  accounts: readonly string[],
  subject: Subject,
  route: number,
  { accounts: known }: TellingNames,
) {
  if (known === null) return;
  const listed = Array.isArray(subject.document.data([...subject.path, 'routes', route, 'accounts']));
  for (const [index, name] of accounts.entries()) {
    if (known.includes(name)) continue;
    const path = ['routes', route, 'accounts'];
    subject.error(listed ? [...path, index] : path, unknownName('account', name, known));
  }
}

/** Labels are ours, so one that no rule gives is a slip of the pen. */
function checkLabels(
  labels: Readonly<Record<string, readonly string[]>>,
  subject: Subject,
  route: number,
  { labels: known }: TellingNames,
) {
  if (known === null) return;
  for (const [label, values] of Object.entries(labels)) {
    const path = ['routes', route, 'labels', label];
    const given = known.get(label);
    if (given === undefined) {
      const near = nearestWord(label, known.keys());
      const meant = near === null ? '' : ` (did you mean "${near}"?)`;
      subject.warn(path, `no rule gives the label "${label}" under labels${meant}`, { part: 'key' });
    } else if (!values.some((value) => given.includes(value))) {
      const named = values.map((value) => `"${value}"`).join(' or ');
      subject.warn(path, `no rule gives "${label}" the value ${named} under labels`, { part: 'value' });
    }
  }
}

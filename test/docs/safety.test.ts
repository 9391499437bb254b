import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EVENTS } from '../../src/fleet/event.ts';
import { FREEZE_REASONS, INVARIANTS } from '../../src/fleet/freeze.ts';
import { ESCALATION_REASONS } from '../../src/fleet/reason.ts';
import { BREAKER_KINDS } from '../../src/store/breakers.ts';
import { headings, ROOT, readPage, rowsByCode } from './pages.ts';

/** A notification as the code makes it: what stands beside `event:`. Where a reason is no word but worked out, it is `null`. */
interface Page {
  readonly event: string;
  readonly reason: string | null;
}

const TOLD =
  /event: '([a-z.]+)',\s+severity: ([^\n]+?)[,}](?:[^{}]|\{[^{}]*\})*?(?:reason(?:: (?:'([a-z-]+)')?|,)|;\n)/g;

/** Every notification of the source that may be a warning or critical; those of policies have the policy's own severity. */
async function paged(): Promise<readonly Page[]> {
  const found: Page[] = [];
  for (const folder of ['src/work', 'src/app']) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = await readFile(join(ROOT, folder, name), 'utf8');
      for (const [, event = '', severity = '', reason] of text.matchAll(TOLD)) {
        if (/'(warning|critical)'/.test(severity)) found.push({ event, reason: reason ?? null });
      }
    }
  }
  return found;
}

/** What an entry of the runbook says. */
const PARTS = {
  docs: ['Means.', 'Why it stopped there.', 'Look at.', 'Do.', 'Close with.'],
  'docs/zh-CN': ['含义。', '为何停在这里。', '看什么。', '做什么。', '如何了结。'],
} as const;

describe.each(['docs', 'docs/zh-CN'] as const)('%s/safety.md', (folder) => {
  const path = `${folder}/safety.md`;
  const entries = async () =>
    headings(await readPage(path)).flatMap(({ level, text }) => {
      const [, event, reason = null] = /^`([a-z.]+)`(?: · `([a-z-]+)`)?$/.exec(text) ?? [];
      return level === 3 && event !== undefined ? [{ event, reason }] : [];
    });

  test('explains every escalation, freeze, breaker and invariant, and no other', async () => {
    const rows = [...rowsByCode(await readPage(path)).keys()];
    const meant = [...ESCALATION_REASONS, ...FREEZE_REASONS, ...BREAKER_KINDS, ...INVARIANTS];
    expect(rows.sort()).toEqual([...meant].sort());
  });

  test('has an entry for every page: each escalation, each freeze, each warning and critical event of the code', async () => {
    const known = await entries();
    const found = await paged();
    expect(found.length).toBeGreaterThan(8);
    // A pause of minutes that ends by itself calls nobody.
    const called = FREEZE_REASONS.filter((reason) => reason !== 'settling');
    const wanted = [
      ...[...ESCALATION_REASONS, ...called].map((reason) => ({ event: 'operation.escalated', reason })),
      ...found.filter(({ event }) => event !== 'operation.escalated'),
    ];
    // An entry without a reason is about all of its event; a reason that is worked out may be any.
    const missing = wanted.filter(
      ({ event, reason }) =>
        !known.some((entry) => entry.event === event && (entry.reason === reason || !entry.reason || !reason)),
    );
    expect(missing).toEqual([]);
  });

  test('has no entry of what does not exist', async () => {
    const found = await paged();
    const odd = (await entries()).filter(({ event, reason }) => {
      if (!EVENTS.some((each) => each === event)) return true;
      if (event === 'operation.escalated') {
        return ![...ESCALATION_REASONS, ...FREEZE_REASONS].some((each) => each === reason);
      }
      if (event === 'operation.confirmed') return reason !== null && reason !== 'excess';
      // Of what is told with a reason that is worked out (`lapsed`, the kind of an error) any may come.
      return !found.some(
        (page) => page.event === event && (reason === null || page.reason === reason || page.reason === null),
      );
    });
    expect(odd).toEqual([]);
  });

  test('says in each entry what it means, why it stopped, what to look at, what to do and how it is closed', async () => {
    const { prose } = await readPage(path);
    const sections = prose.split(/^### /m).slice(1);
    expect(sections.length).toBe((await entries()).length);
    for (const section of sections) {
      const parts = [...section.matchAll(/^\* \*\*(.+?)\*\* \S/gm)].map(([, part]) => part);
      expect(parts, section.split('\n')[0]).toEqual([...PARTS[folder]]);
    }
  });

  test('has no entry twice', async () => {
    const names = (await entries()).map(({ event, reason }) => `${event} ${reason ?? ''}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

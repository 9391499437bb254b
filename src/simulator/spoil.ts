import type { Answer } from './answer.ts';
import { isRecord } from './args.ts';
import type { FaultKind } from './faults.ts';

type Listing = Extract<Answer, { kind: 'listing' }>;

/** The names under which the three APIs put an instance's id into a row. */
const ID_KEYS = ['gid', 'instance_uuid', 'uuid'];

/** Spoils the meaning of an answer; kinds that spoil the transport instead leave it as it is. */
export function spoil(answer: Answer, fault: FaultKind): Answer {
  switch (answer.kind) {
    case 'listing':
      return spoilListing(answer, fault);
    case 'ids':
      return spoilIds(answer, fault);
    case 'object':
    case 'html':
      return answer;
  }
}

function spoilListing(answer: Listing, fault: FaultKind): Answer {
  const rows = answer.rows();
  if (fault.kind === 'partial-page') return relist(answer, rows.slice(0, Math.max(0, rows.length - (fault.drop ?? 1))));
  if (fault.kind === 'empty-list') return relist({ ...answer, total: 0 }, []);
  if (fault.kind === 'wrong-total') return relist({ ...answer, total: answer.total + (fault.by ?? 1) }, rows);
  if (fault.kind === 'bad-row') {
    const spoilt = rows.map((row, index) => (index === (fault.row ?? 0) ? nonsense(row, fault.keepId ?? true) : row));
    return relist(answer, spoilt);
  }
  if (fault.kind === 'status-word') {
    const chosen = (index: number) => fault.all === true || index === (fault.row ?? 0);
    return relist(
      answer,
      rows.map((row, index) => (chosen(index) ? withStatus(row, fault.word) : row)),
    );
  }
  return answer;
}

function relist(answer: Listing, rows: readonly string[]): Listing {
  return { ...answer, rows: () => rows, whole: null };
}

function nonsense(row: string, keepId: boolean): string {
  const parsed: unknown = JSON.parse(row);
  if (!keepId || !isRecord(parsed)) return '"row lost"';
  const broken = Object.entries(parsed).map(([key, value]) => [key, ID_KEYS.includes(key) ? value : { broken: true }]);
  return JSON.stringify(Object.fromEntries(broken));
}

function withStatus(row: string, word: string | number): string {
  const parsed: unknown = JSON.parse(row);
  return isRecord(parsed) ? JSON.stringify({ ...parsed, status: word }) : row;
}

function spoilIds(answer: Extract<Answer, { kind: 'ids' }>, fault: FaultKind): Answer {
  const asked = [...answer.success, ...answer.fails];
  if (fault.kind === 'wrong-id') return { ...answer, success: [fault.id ?? 'gpu-000somebodyelse'], fails: [] };
  if (fault.kind === 'both-lists') return { ...answer, success: asked, fails: asked };
  if (fault.kind === 'neither-list') return { ...answer, success: [], fails: [] };
  return answer;
}

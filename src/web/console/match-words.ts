import { assertNever } from '../../fleet/assert-never.ts';
import type { MatchClause, MatchFacts } from './board-source.ts';
import { shown } from './format.ts';
import { catalogue, type Language, LIST_COMMA } from './language.ts';

/** A text that must be like a pattern, taken apart so that it can be said. */
type Likeness =
  | { readonly kind: 'is' | 'begins' | 'ends' | 'contains' | 'like'; readonly text: string }
  | { readonly kind: 'between'; readonly start: string; readonly end: string }
  | { readonly kind: 'anything' };

const WORDS = catalogue({
  en: {
    or: ' or ',
    and: ', and ',
    whose: (thing: string, likeness: string) => `whose ${thing} ${likeness}`,
    things: { account: 'account', gpu: 'GPU', room: 'machine room', id: 'id', name: 'name' },
    label: (name: string) => `label ${name}`,
    has: (thing: string) => `that has a ${thing}`,
    accountName: 'name',
    is: (texts: string) => `is ${texts}`,
    begins: (texts: string) => `begins with ${texts}`,
    ends: (texts: string) => `ends in ${texts}`,
    contains: (texts: string) => `contains ${texts}`,
    between: (start: string, end: string) => `begins with “${start}” and ends in “${end}”`,
    like: (texts: string) => `is like ${texts} (* is any characters, ? is one)`,
    anything: 'is whatever it may be',
    at: (clouds: string) => `at ${clouds}`,
    clouds: { huixingyun: 'huixingyun', chenyu: 'chenyu', 'chenyu-v1': 'chenyu-v1' },
    status: (statuses: string) => `that is ${statuses}`,
    statuses: {
      creating: 'being created',
      starting: 'starting',
      running: 'running',
      stopping: 'stopping',
      stopped: 'stopped',
      restarting: 'restarting',
      destroyed: 'destroyed',
      unknown: 'in a status that nobody understands',
    },
    billing: (units: string) => `that is paid for ${units}`,
    units: {
      hourly: 'by the hour',
      daily: 'by the day',
      monthly: 'by the month',
      unknown: 'in a way that the cloud does not tell',
    },
    except: (clauses: string) => `but none ${clauses}`,
    perhaps: ' (or of which that is not known)',
  },
  zh: {
    or: '或',
    and: '，且',
    whose: (thing: string, likeness: string) => `${thing}${likeness}`,
    things: { account: '账号', gpu: '显卡', room: '机房', id: 'ID ', name: '名称' },
    label: (name: string) => `标签 ${name} `,
    has: (thing: string) => `带有${thing}`.trimEnd(),
    accountName: '名称',
    is: (texts: string) => `为${texts}`,
    begins: (texts: string) => `以${texts}开头`,
    ends: (texts: string) => `以${texts}结尾`,
    contains: (texts: string) => `包含${texts}`,
    between: (start: string, end: string) => `以“${start}”开头并以“${end}”结尾`,
    like: (texts: string) => `形如${texts}（* 代表任意字符，? 代表一个字符）`,
    anything: '不限',
    at: (clouds: string) => `位于${clouds}`,
    clouds: { huixingyun: '慧星云', chenyu: '晨羽智云（v2）', 'chenyu-v1': '晨羽智云（v1）' },
    status: (statuses: string) => `状态为${statuses}`,
    statuses: {
      creating: '创建中',
      starting: '开机中',
      running: '运行中',
      stopping: '关机中',
      stopped: '已关机',
      restarting: '重启中',
      destroyed: '已销毁',
      unknown: '未知',
    },
    billing: (units: string) => `计费方式为${units}`,
    units: { hourly: '按小时', daily: '按天', monthly: '按月', unknown: '未知（云未告知）' },
    except: (clauses: string) => `但以下除外：${clauses}`,
    perhaps: '（未知的也算）',
  },
});

/**
 * What a policy is about, each clause a line that goes on from "each instance" or "each account"; of all of it nothing
 * is left out.
 */
export function matchInWords(match: MatchFacts, scope: 'instance' | 'account', language: Language): readonly string[] {
  const t = WORDS[language];
  return [
    ...match.clauses.map((clause) => clauseInWords(clause, scope, language)),
    ...match.not.map((clauses) => {
      const words = clauses.map((clause) => {
        const about = clauseInWords(clause, scope, language);
        return isGuessed(clause) ? `${about}${t.perhaps}` : about;
      });
      return t.except(words.join(t.and));
    }),
  ];
}

/** Under `not` an unknown status or billing counts as the one that is named. */
function isGuessed({ about, values }: MatchClause): boolean {
  return (about === 'status' || about === 'billing') && !values.includes('unknown');
}

function clauseInWords(clause: MatchClause, scope: 'instance' | 'account', language: Language): string {
  const t = WORDS[language];
  switch (clause.about) {
    case 'provider':
      return t.at(clause.values.map((kind) => t.clouds[kind]).join(t.or));
    case 'status':
      return t.status(clause.values.map((status) => t.statuses[status]).join(t.or));
    case 'billing':
      return t.billing(clause.values.map((unit) => t.units[unit]).join(t.or));
    case 'label': {
      const likenesses = clause.values.map(likenessOf);
      const thing = t.label(shown(clause.label));
      if (likenesses.some(({ kind }) => kind === 'anything')) return t.has(thing);
      return t.whose(thing, likenessesInWords(likenesses, language));
    }
    case 'account':
    case 'gpu':
    case 'room':
    case 'id':
    case 'name': {
      const thing = clause.about === 'account' && scope === 'account' ? t.accountName : t.things[clause.about];
      return t.whose(thing, likenessesInWords(clause.values.map(likenessOf), language));
    }
    default:
      return assertNever(clause);
  }
}

function likenessesInWords(likenesses: readonly Likeness[], language: Language): string {
  const t = WORDS[language];
  // What is alike in the same way is said in one breath.
  const kinds = Map.groupBy(likenesses, ({ kind }) => kind);
  const words = [...kinds.values()].flatMap((alike): string[] => {
    const texts = alike.flatMap((each) => ('text' in each ? `“${shown(each.text)}”` : []));
    return alike.flatMap((each, index) => {
      if (each.kind === 'anything') return t.anything;
      if (each.kind === 'between') return t.between(shown(each.start), shown(each.end));
      return index === 0 ? t[each.kind](oneOf(texts, language)) : [];
    });
  });
  return words.join(t.or);
}

/** `“a”, “b” or “c”` */
function oneOf(texts: readonly string[], language: Language): string {
  const most = texts.slice(0, -1).join(LIST_COMMA[language]);
  return most === '' ? (texts[0] ?? '') : `${most}${WORDS[language].or}${texts.at(-1) ?? ''}`;
}

/** Most patterns have a star at one end or at both, or one in the middle; of the others only the signs can be explained. */
function likenessOf(pattern: string): Likeness {
  const parts = pattern.replaceAll(/\*+/g, '*').split('*');
  const [start = '', middle = '', end = ''] = parts;
  if (pattern.includes('?') || parts.length > 3) return { kind: 'like', text: pattern };
  if (parts.length === 1) return { kind: 'is', text: start };
  if (parts.length === 3) {
    const isAround = start === '' && end === '';
    return isAround ? { kind: 'contains', text: middle } : { kind: 'like', text: pattern };
  }
  if (start === '' && middle === '') return { kind: 'anything' };
  if (middle === '') return { kind: 'begins', text: start };
  if (start === '') return { kind: 'ends', text: middle };
  return { kind: 'between', start, end: middle };
}

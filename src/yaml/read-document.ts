import { Composer, type CST, type Document, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { dashGlued, mustBeQuoted, quotableText, type SyntaxMistake, spaceMissing } from './glued-text.ts';
import type { Located } from './located.ts';
import { pathTo, type Span, type YamlEntry, type YamlNode } from './node.ts';
import { SourceText } from './source-text.ts';
import { type RawMistake, SyntaxMistakes } from './syntax-mistake.ts';
import { type Path, YamlDocument } from './yaml-document.ts';

/** Far more than any hand-written file; keeps the time for reading one bounded. */
export const MAX_BYTES = 256 * 1024;
export const MAX_DEPTH = 20;

/** What a file of the largest size has when it is written by people; a file of brackets alone has several times more. */
const MAX_TOKENS = 120_000;

/** What counts as a level; besides these the parser's stack holds the document and the value that is being read. */
const COLLECTIONS = new Set<CST.Token['type']>(['block-map', 'block-seq', 'flow-collection']);

/** After this many nobody reads on. */
const MAX_ERRORS = 50;

export type ReadDocument =
  | { readonly ok: true; readonly document: YamlDocument }
  | {
      readonly ok: false;
      readonly errors: readonly Located[];
      /** What can be checked all the same, where the mistakes are single values; and what was left out of it. */
      readonly rest: { readonly document: YamlDocument; readonly lost: readonly Path[] } | null;
    };

/**
 * Reads one YAML 1.2 document into plain values with their places. Refused, with every mistake located: more than
 * 256 kB or 20 levels (both before anything is built), syntax errors and warnings, a second document, anchors and
 * aliases, tags, a key twice, a key `__proto__`, control characters. A byte order mark and CRLF are fine.
 * @param shown the text as errors may quote it; equal in length, with secrets masked
 */
export function readDocument(text: string, file: string, shown: string = text): ReadDocument {
  const skip = text.startsWith('\ufeff') ? 1 : 0;
  const source = new SourceText(file, text.slice(skip), shown.slice(skip));
  const problem = tooMuch(source);
  if (problem !== null) return refused([problem]);
  const parsed = parse(source);
  const builder = new Builder(source);
  const contents = parsed.documents[0]?.contents;
  if (parsed.mistakes.length > 0 && !parsed.isSound) {
    // What was recovered after a mistake is a guess; only what stands in other lines is worth a word.
    if (parsed.isWhole) builder.node(contents, []);
    const lines = new Set(parsed.mistakes.map(({ line }) => line));
    return refused([...parsed.mistakes, ...builder.errors.filter(({ line }) => !lines.has(line))]);
  }
  if (contents === undefined || contents === null || (isScalar(contents) && contents.value === null)) {
    return refused([source.located({ start: 0, end: 1 }, 'the file is empty')]);
  }
  const root = builder.node(contents, []);
  const document = new YamlDocument(source, root);
  const lines = new Set(parsed.mistakes.map(({ line }) => line));
  const errors = [...parsed.mistakes, ...builder.errors.filter(({ line }) => !lines.has(line))];
  if (errors.length === 0) return { ok: true, document };
  const lost = [...builder.lost, ...parsed.spoilt.map((offset) => pathTo(root, offset))];
  return { ok: false, errors, rest: { document: document.without(lost), lost } };
}

function refused(errors: readonly Located[]): ReadDocument {
  return { ok: false, errors, rest: null };
}

function tooMuch(source: SourceText): Located | null {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_BYTES) {
    return source.located({ start: 0, end: 1 }, `the file has ${bytes} bytes; at most ${MAX_BYTES} (256 kB) are read`);
  }
  const at = controlCharacter(source.text);
  if (at < 0) return null;
  const code = source.text.charCodeAt(at).toString(16).padStart(4, '0');
  return source.located({ start: at, end: at + 1 }, `the control character U+${code} does not belong into a text file`);
}

/** Where the first one stands that YAML does not allow, or -1. Tabs, line feeds and CRLF are allowed. */
function controlCharacter(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 && code !== 0x7f) continue;
    const fine = code === 0x09 || code === 0x0a || (code === 0x0d && text.charCodeAt(at + 1) === 0x0a);
    if (!fine) return at;
  }
  return -1;
}

interface Parsed {
  readonly documents: readonly Document.Parsed[];
  readonly mistakes: readonly Located[];
  /** Is the document all there, in spite of mistakes? */
  readonly isWhole: boolean;
  /** Does each mistake spoil no more than one value? */
  readonly isSound: boolean;
  /** Where these values begin. */
  readonly spoilt: readonly number[];
}

/**
 * The parser keeps its own stack while it reads tokens, but building the document from them recurses: depth must be
 * known before. Keys are compared with each other by us, since the library's way takes quadratic time.
 */
function parse(source: SourceText): Parsed {
  const parser = new Parser();
  const mistakes = new Mistakes(source);
  const tokens: CST.Token[] = [];
  let count = 0;
  const take = (token: CST.Token): void => {
    if (token.type === 'error') mistakes.add(token, 'UNEXPECTED_TOKEN', token.message);
    else tokens.push(token);
  };
  for (const lexeme of new Lexer().lex(source.text)) {
    for (const token of parser.next(lexeme)) take(token);
    count += 1;
    const refusal = tooDeepOrMany(parser, count);
    if (refusal === null && !mistakes.tooMany) continue;
    const here = { start: parser.offset - 1, end: parser.offset };
    const why = refusal === null ? mistakes.located().all : [source.located(here, refusal)];
    return { documents: [], mistakes: why, isWhole: false, isSound: false, spoilt: [] };
  }
  for (const token of parser.end()) take(token);
  return compose(tokens, mistakes, source);
}

function tooDeepOrMany(parser: Parser, count: number): string | null {
  if (count > MAX_TOKENS) return 'the file has too many values to be read';
  if (parser.stack.length <= MAX_DEPTH) return null;
  const depth = parser.stack.filter(({ type }) => COLLECTIONS.has(type)).length;
  return depth > MAX_DEPTH ? `nested more than ${MAX_DEPTH} levels deep` : null;
}

function compose(tokens: readonly CST.Token[], mistakes: Mistakes, source: SourceText): Parsed {
  const composer = new Composer({ version: '1.2', strict: true, uniqueKeys: false, merge: false });
  // An Error with its stack for each of a hundred thousand mistakes would take seconds.
  // biome-ignore lint/complexity/useLiteralKeys: it is private to TypeScript, which lets a key in brackets through
  composer['onError'] = (where: Where, code: string, message: string) => mistakes.add(where, code, message);
  const documents: Document.Parsed[] = [];
  try {
    for (const document of composer.compose(tokens, true, source.text.length)) {
      documents.push(document);
      // Of a file with thousands of documents the second is as good a place for the error as the last.
      if (documents.length > 1) break;
    }
  } catch (error) {
    if (!(error instanceof EnoughMistakes)) throw error;
  }
  const { all, ...rest } = mistakes.located();
  // One of YAML 1.1 would make 8 of 010, 750 of 12:30 and false of no.
  const directive = all.length > 0 ? undefined : tokens.find(({ type }) => type === 'directive');
  if (directive !== undefined) {
    const at = { start: directive.offset, end: directive.offset + 1 };
    const told = source.located(at, 'lines that begin with % are not read here', 'delete this line');
    return { documents: [], mistakes: [told], isWhole: false, isSound: false, spoilt: [] };
  }
  const second = documents[1]?.range[0];
  if (second === undefined) return { documents, mistakes: all, ...rest };
  const message = 'a second document begins here; one file holds one document';
  const another = source.located({ start: second, end: second + 3 }, message);
  return { documents, mistakes: [...all, another], isWhole: false, isSound: false, spoilt: [] };
}

/** Where the library says that something is wrong. */
type Where = number | readonly [number, number, ...number[]] | { readonly offset: number; readonly source?: string };

class EnoughMistakes extends Error {}

/** Collects what the library finds wrong, errors and warnings alike, and ends its work when that is enough. */
class Mistakes {
  readonly #source: SourceText;
  readonly #raw: RawMistake[] = [];

  constructor(source: SourceText) {
    this.#source = source;
  }

  get tooMany(): boolean {
    return this.#raw.length >= MAX_ERRORS;
  }

  /** @throws EnoughMistakes */
  add(where: Where, code: string, message: string): void {
    if (this.tooMany) throw new EnoughMistakes();
    const [start, end] = spanOfMistake(where);
    this.#raw.push({ start, end, code, message });
  }

  /** In our words. */
  located(): Omit<Parsed, 'documents' | 'mistakes'> & { readonly all: readonly Located[] } {
    const all = new SyntaxMistakes(this.#source.text, this.#source.shown, (text) => new Lexer().lex(text)).explain(
      this.#raw,
    );
    const isWhole = !this.tooMany && !all.some(({ swallowsTheRest }) => swallowsTheRest === true);
    return {
      all: all.map((each) => this.#source.located(each, each.message, each.hint)),
      isWhole,
      isSound: isWhole && all.every(({ isLocal }) => isLocal === true),
      spoilt: all.map(({ start }) => start),
    };
  }
}

function spanOfMistake(where: Where): readonly [number, number, ...number[]] {
  if (typeof where === 'number') return [where, where + 1];
  return 'offset' in where ? [where.offset, where.offset + (where.source?.length ?? 1)] : where;
}

/** Turns the library's nodes into ours and collects what is not allowed. */
class Builder {
  readonly errors: Located[] = [];
  /** Where values stand that were refused: what has taken their place means nothing. */
  readonly lost: Path[] = [];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  node(node: unknown, path: Path): YamlNode {
    if (isAlias(node)) {
      this.#refuseQuotable(spanOf(node).start, path);
      return nothing(spanOf(node));
    }
    if (isScalar(node)) {
      this.#refuseProperties(node, path);
      return this.#scalar(node, path);
    }
    if (isSeq(node)) {
      this.#refuseProperties(node, path);
      const items = node.items.map((item, index) => this.node(item, [...path, index]));
      return { kind: 'list', span: spanOf(node), items };
    }
    if (isMap(node)) {
      this.#refuseProperties(node, path);
      const entries = new Map<string, YamlEntry>();
      for (const pair of node.items) this.#entry(entries, pair.key, pair.value, path);
      return { kind: 'map', span: spanOf(node), entries };
    }
    return nothing({ start: 0, end: 0 });
  }

  #entry(entries: Map<string, YamlEntry>, key: unknown, value: unknown, path: Path): void {
    if (!isScalar(key)) {
      this.#refuseKey(key, path);
      return;
    }
    this.#refuseProperties(key, path);
    const span = spanOf(key);
    const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
    const before = entries.get(name);
    const glued = key.type === 'PLAIN' ? gluedKey(span, name, value, this.#source.shown) : null;
    // In quotes it is meant.
    const odd = key.type === 'PLAIN' ? ODD_SPACE.exec(name)?.[0].codePointAt(0) : undefined;
    if (name === '') this.#refuse(span, 'a key is missing before the colon', path);
    else if (name === '__proto__') this.#refuse(span, 'the key "__proto__" is not allowed', path);
    else if (glued !== null) this.#refuse(glued, glued.message, path, glued.hint);
    else if (odd !== undefined) {
      const message = `the character U+${odd.toString(16).padStart(4, '0').toUpperCase()} looks like a space and is none`;
      this.#refuse({ start: span.start, end: span.start + 1 }, message, path, 'YAML indents with plain spaces only');
    } else if (before !== undefined) {
      const first = this.#source.place(before.key.start);
      this.#refuse(
        span,
        `the key ${JSON.stringify(name.slice(0, 64))} is here twice; first in line ${first.line}`,
        null,
      );
    } else if (value === null || value === undefined) {
      entries.set(name, { key: span, value: nothing({ start: span.end, end: span.end }) });
    } else {
      entries.set(name, { key: span, value: this.node(value, [...path, name]) });
    }
  }

  /** A key that is more than a text: two braces for a template, a star for a name with a gap. */
  #refuseKey(key: unknown, path: Path): void {
    const span = isNodeLike(key) ? spanOf(key) : { start: 0, end: 1 };
    if (isAlias(key)) {
      this.#refuseQuotable(span.start, path);
      return;
    }
    const isTemplate = this.#source.text.slice(span.start - 1, span.start + 1) === '{{';
    if (isTemplate) {
      const hint = 'to YAML { } is a map; if the text is meant put it in quotes';
      const start = span.start - 1;
      this.#refuse({ start, end: start + 2 }, '{{ … }} looks like a template that was not filled in', path, hint);
    } else {
      this.#refuse(span, 'a key must be a plain text', path);
    }
  }

  #scalar(node: { value: unknown; type?: string; range?: [number, number, number] | null }, path: Path): YamlNode {
    const span = spanOf(node);
    const value = node.value;
    if (typeof value === 'string') {
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
      const start = span.start + quoted;
      const verbatim = this.#source.text.startsWith(value, start) && !value.includes('\n');
      return { kind: 'scalar', span, value, verbatimAt: verbatim ? start : null };
    }
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return { kind: 'scalar', span, value, verbatimAt: null };
    }
    this.#refuse(span, 'this value is neither text, number, true, false nor null', path);
    return nothing(span);
  }

  #refuseProperties(node: Node & { anchor?: string }, path: Path): void {
    const { anchor, tag } = node;
    if (anchor !== undefined) this.#refuseMark(node, `&${anchor}`, path);
    if (tag === undefined) return;
    const start = this.#markStart(node, '!');
    const written = /^![^\s,[\]{}]*/.exec(this.#source.text.slice(start))?.[0] ?? '!';
    this.#refuseMark(node, written, path);
  }

  /** Before a plain value it was probably meant as a part of its text, before a map or list it was not. */
  #refuseMark(node: Node, mark: string, path: Path): void {
    const start = this.#markStart(node, mark);
    if (isScalar(node) && node.type === 'PLAIN' && !mark.startsWith('!!')) {
      this.#refuseQuotable(start, path);
      return;
    }
    const what = mark.startsWith('!') ? 'tags' : 'anchors';
    this.#refuse({ start, end: start + mark.length }, `${what} (${mark}) are not read here`, path, 'leave it out');
  }

  #refuseQuotable(start: number, path: Path): void {
    const { text } = this.#source;
    const end = text.indexOf('\n', start);
    const isInFlow = /[{[,:]\s*$/.test(text.slice(Math.max(0, start - 8), start)) && this.#isInFlow(start);
    const meant = quotableText(text.slice(start, end < 0 ? undefined : end).trimEnd(), isInFlow);
    const shown = this.#source.shown.slice(start, start + meant.length);
    const { message, hint } = mustBeQuoted(meant.slice(0, 1), shown);
    this.#refuse({ start, end: start + meant.length }, message, path, hint);
  }

  /** In the same line, which is where people write between brackets. */
  #isInFlow(at: number): boolean {
    const before = this.#source.text.slice(this.#source.text.lastIndexOf('\n', at - 1) + 1, at);
    return before.replaceAll(/[^[{]/g, '').length > before.replaceAll(/[^\]}]/g, '').length;
  }

  /** Where a mark begins that stands shortly before a value. */
  #markStart(node: Node, mark: string): number {
    const { start } = spanOf(node);
    const found = this.#source.text.lastIndexOf(mark, start);
    if (found < 0) return start;
    return mark === '!' && this.#source.text[found - 1] === '!' ? found - 1 : found;
  }

  /** @param path of what is lost by it; `null`: nothing is */
  #refuse(span: Span, message: string, path: Path | null, hint: string | null = null): void {
    if (path !== null) this.lost.push(path);
    if (this.errors.length < MAX_ERRORS) this.errors.push(this.#source.located(span, message, hint));
  }
}

/** A key that is really an entry of a list, or a key and its value without the space between them. */
function gluedKey({ start, end }: Span, name: string, value: unknown, shown: string): SyntaxMistake | null {
  const hasValue = value !== null && value !== undefined && !(isScalar(value) && value.source === '');
  return dashGlued(start, name) ?? (hasValue ? null : spaceMissing(start, name, shown.slice(start, end)));
}

/** Editors and chats write these for a space; behind one of them a key is another key. */
const ODD_SPACE = /^[\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/;

function isNodeLike(value: unknown): value is { range?: [number, number, number] | null } {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function spanOf(node: { range?: [number, number, number] | null }): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 1 };
}

function nothing(span: Span): YamlNode {
  return { kind: 'scalar', span, value: null, verbatimAt: null };
}

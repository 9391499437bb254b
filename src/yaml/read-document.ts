import { Composer, type CST, type Document, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import type { Located } from './located.ts';
import type { Span, YamlEntry, YamlNode } from './node.ts';
import { SourceText } from './source-text.ts';
import { YamlDocument } from './yaml-document.ts';

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
  | { readonly ok: false; readonly errors: readonly Located[] };

/** Advice for the mistakes that YAML's own words explain badly, by the parser's error code. */
const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'YAML indents with spaces only',
  BAD_INDENT: 'keys of one map start at the same column',
  BLOCK_AS_IMPLICIT_KEY: 'a text that contains ": " must stand in quotes',
  BLOCK_IN_FLOW: 'between { } or [ ] everything is written with { } and [ ]',
  MISSING_CHAR: 'a space after the colon, a comma between values, or a closing quote or bracket is missing',
  BAD_SCALAR_START: 'put the text in quotes',
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
  if (problem !== null) return { ok: false, errors: [problem] };
  const parsed = parse(source);
  if ('refused' in parsed) return { ok: false, errors: parsed.refused };
  const contents = parsed.documents[0]?.contents;
  if (contents === undefined || contents === null || (isScalar(contents) && contents.value === null)) {
    return { ok: false, errors: [source.located({ start: 0, end: 1 }, 'the file is empty')] };
  }
  const builder = new Builder(source);
  const root = builder.node(contents);
  if (builder.errors.length > 0) return { ok: false, errors: builder.errors };
  return { ok: true, document: new YamlDocument(source, root) };
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

type Parsed = { readonly documents: readonly Document.Parsed[] } | { readonly refused: readonly Located[] };

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
    return { refused: refusal === null ? mistakes.all : [source.located(here, refusal)] };
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
  const second = documents[1]?.range[0];
  if (second !== undefined)
    mistakes.say(second, second + 3, 'a second document begins here; one file holds one document');
  return mistakes.all.length > 0 ? { refused: mistakes.all } : { documents };
}

/** Where the library says that something is wrong. */
type Where = number | readonly [number, number, ...number[]] | { readonly offset: number; readonly source?: string };

class EnoughMistakes extends Error {}

/** Collects what the library finds wrong, errors and warnings alike, and ends its work when that is enough. */
class Mistakes {
  readonly all: Located[] = [];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  get tooMany(): boolean {
    return this.all.length >= MAX_ERRORS;
  }

  /** @throws EnoughMistakes */
  add(where: Where, code: string, message: string): void {
    if (this.tooMany) throw new EnoughMistakes();
    const [start, end] = spanOfMistake(where);
    this.say(start, end, message.slice(0, 1).toLowerCase() + message.slice(1), HINTS[code] ?? null);
  }

  say(start: number, end: number, message: string, hint: string | null = null): void {
    this.all.push(this.#source.located({ start, end }, message, hint));
  }
}

function spanOfMistake(where: Where): readonly [number, number, ...number[]] {
  if (typeof where === 'number') return [where, where + 1];
  return 'offset' in where ? [where.offset, where.offset + (where.source?.length ?? 1)] : where;
}

/** Turns the library's nodes into ours and collects what is not allowed. */
class Builder {
  readonly errors: Located[] = [];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  node(node: unknown): YamlNode {
    if (isAlias(node)) {
      this.#refuse(spanOf(node), 'aliases (*name) are not read here; write the value out');
      return nothing(spanOf(node));
    }
    if (isScalar(node)) {
      this.#refuseProperties(node);
      return this.#scalar(node);
    }
    if (isSeq(node)) {
      this.#refuseProperties(node);
      return { kind: 'list', span: spanOf(node), items: node.items.map((item) => this.node(item)) };
    }
    if (isMap(node)) {
      this.#refuseProperties(node);
      const entries = new Map<string, YamlEntry>();
      for (const pair of node.items) this.#entry(entries, pair.key, pair.value);
      return { kind: 'map', span: spanOf(node), entries };
    }
    return nothing({ start: 0, end: 0 });
  }

  #entry(entries: Map<string, YamlEntry>, key: unknown, value: unknown): void {
    if (!isScalar(key)) {
      const span = isNodeLike(key) ? spanOf(key) : { start: 0, end: 1 };
      this.#refuse(span, isAlias(key) ? 'aliases (*name) are not read here' : 'a key must be a plain text');
      return;
    }
    this.#refuseProperties(key);
    const span = spanOf(key);
    const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
    const before = entries.get(name);
    if (name === '') this.#refuse(span, 'a key is missing before the colon');
    else if (name === '__proto__') this.#refuse(span, 'the key "__proto__" is not allowed');
    else if (before !== undefined) {
      const first = this.#source.place(before.key.start);
      this.#refuse(span, `the key "${name.slice(0, 64)}" is here twice; first in line ${first.line}`);
    } else if (value === null || value === undefined) {
      entries.set(name, { key: span, value: nothing({ start: span.end, end: span.end }) });
    } else {
      entries.set(name, { key: span, value: this.node(value) });
    }
  }

  #scalar(node: { value: unknown; type?: string; range?: [number, number, number] | null }): YamlNode {
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
    this.#refuse(span, 'this value is neither text, number, true, false nor null');
    return nothing(span);
  }

  #refuseProperties(node: Node & { anchor?: string }): void {
    const { anchor, tag } = node;
    if (anchor !== undefined) this.#refuse(this.#before(node, `&${anchor}`), `anchors (&${anchor}) are not read here`);
    if (tag !== undefined) this.#refuse(this.#before(node, '!'), `tags (${tag}) are not read here`);
  }

  /** What stands shortly before a value. */
  #before(node: Node, mark: string): Span {
    const span = spanOf(node);
    const start = this.#source.text.lastIndexOf(mark, span.start);
    return start < 0 ? span : { start, end: start + mark.length };
  }

  #refuse(span: Span, message: string): void {
    if (this.errors.length < MAX_ERRORS) this.errors.push(this.#source.located(span, message));
  }
}

function isNodeLike(value: unknown): value is { range?: [number, number, number] | null } {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function spanOf(node: { range?: [number, number, number] | null }): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 1 };
}

function nothing(span: Span): YamlNode {
  return { kind: 'scalar', span, value: null, verbatimAt: null };
}

import { dashGlued, mustBeQuoted, oneAt, quotableText, type SyntaxMistake, short, spaceMissing } from './glued-text.ts';
import type { Span } from './node.ts';
import { indentOf, type Line, TextLines } from './text-lines.ts';

/** What the library says is wrong, and where it noticed. */
export interface RawMistake extends Span {
  readonly code: string;
  readonly message: string;
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

const CONFLICT = /^(?:<{7}|={7}|>{7})(?: |$)/;
const WIDE_COLON = /^[^\s:：]+：/;

/** Puts the library's findings about one text into words. */
export class SyntaxMistakes {
  readonly #text: string;
  readonly #shown: string;
  readonly #lines: TextLines;
  #lexemes: readonly { readonly start: number; readonly source: string }[] | null = null;

  readonly #lex: (text: string) => Iterable<string>;

  /**
   * @param shown the text as it may be quoted; equal in length, with secrets masked
   * @param lex the library's reading of a text, piece by piece
   */
  constructor(text: string, shown: string, lex: (text: string) => Iterable<string>) {
    this.#lex = lex;
    this.#text = text;
    this.#shown = shown;
    this.#lines = new TextLines(text);
  }

  /** In the order of the file; one for each line, and none for what only follows from an earlier one. */
  explain(raw: readonly RawMistake[]): SyntaxMistake[] {
    const byLine = new Map<number, SyntaxMistake>();
    const unclear: SyntaxMistake[] = [];
    for (const each of raw) {
      const known = this.#known(each);
      const mistake = known ?? this.#inTheirWords(each);
      if (known === null) unclear.push(mistake);
      const line = this.#lines.startOf(mistake.start);
      const before = byLine.get(line);
      if (before === undefined || unclear.includes(before) || (known !== null && mistake.start < before.start)) {
        byLine.set(line, mistake);
      }
    }
    const all = [...byLine.values()].sort((a, b) => a.start - b.start);
    const swallower = all.findIndex(({ swallowsTheRest }) => swallowsTheRest === true);
    return swallower < 0 ? all : all.slice(0, swallower + 1);
  }

  #inTheirWords(raw: RawMistake): SyntaxMistake {
    const message = raw.message.slice(0, 1).toLowerCase() + raw.message.slice(1);
    return { ...this.#onContent(raw), message: `this is no YAML: ${message}`, hint: null };
  }

  #known(raw: RawMistake): SyntaxMistake | null {
    const { code, message } = raw;
    const line = this.#lines.at(raw.start);
    if (CONFLICT.test(line.text)) {
      const hint = 'keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>';
      return { start: line.start, end: line.start + 7, message: 'a merge conflict is left in the file', hint };
    }
    if (code === 'TAB_AS_INDENT') return this.#tab(raw);
    if (message.startsWith('Missing closing')) return this.#unclosedQuote(raw);
    if (/^Flow (?:map|sequence)\b.*\bend with a/.test(message)) return this.#unclosedBracket(raw);
    if (/^Unexpected flow-(?:map|seq)-end/.test(message)) {
      const bracket = this.#text.slice(raw.start, raw.start + 1);
      return { ...oneAt(raw.start), message: `this ${bracket} closes nothing: no bracket is open here`, hint: null };
    }
    switch (code) {
      case 'MULTILINE_IMPLICIT_KEY':
      case 'BLOCK_AS_IMPLICIT_KEY':
        return this.#keyOrValue(raw);
      case 'MISSING_CHAR':
        return this.#missing(raw);
      case 'BAD_INDENT':
        return this.#indent(raw.start);
      case 'BAD_ALIAS':
      case 'BAD_SCALAR_START':
      case 'TAG_RESOLVE_FAILED':
        return this.#quotable(raw.start);
      case 'BAD_DQ_ESCAPE': {
        const shown = this.#shown.slice(raw.start, raw.start + 2);
        return {
          start: raw.start,
          end: raw.start + 2,
          message: `${shown} means nothing between double quotes`,
          hint: "write \\\\ for a backslash, or '…', where it stands for itself",
          isLocal: true,
        };
      }
      case 'BLOCK_IN_FLOW':
        return this.#missingComma(raw);
      case 'UNEXPECTED_TOKEN':
        return this.#unexpected(raw);
      default:
        return null;
    }
  }

  #tab({ start }: RawMistake): SyntaxMistake {
    const { start: lineStart, text } = this.#lines.at(start);
    const white = /^[ \t]*/.exec(text)?.[0] ?? '';
    const at = lineStart + Math.max(0, white.indexOf('\t'));
    const tabs = /^\t*/.exec(this.#text.slice(at, lineStart + white.length))?.[0].length ?? 1;
    return {
      start: at,
      end: at + Math.max(1, tabs),
      message: 'a tab stands where the line is indented',
      hint: 'YAML indents with spaces only; let your editor turn tabs into spaces',
    };
  }

  #unclosedQuote(raw: RawMistake): SyntaxMistake {
    const opened = this.#lexemesBefore(raw.start).findLast(({ source }) => /^["']/.test(source));
    const start = opened?.start ?? raw.start;
    const quote = this.#text.slice(start, start + 1);
    return {
      ...oneAt(start),
      message: `the quotation mark ${quote} that is opened here is never closed`,
      hint: `write ${quote} where the text ends, in the same line`,
      swallowsTheRest: true,
    };
  }

  #unclosedBracket(raw: RawMistake): SyntaxMistake {
    // A quotation mark without its end takes every bracket behind it for text.
    const lexemes = this.#lexemesBefore(raw.start);
    const quoted = lexemes.findLast(({ source }) => /^["']/.test(source) && !isClosed(source));
    if (quoted !== undefined) return this.#unclosedQuote(raw);
    const open: { start: number; source: string }[] = [];
    for (const lexeme of lexemes) {
      if (lexeme.start >= raw.start) break;
      if (lexeme.source === '{' || lexeme.source === '[') open.push(lexeme);
      else if (lexeme.source === '}' || lexeme.source === ']') open.pop();
    }
    const opened = open.at(-1) ?? { start: raw.start, source: '{' };
    const closing = CLOSING[opened.source] ?? '}';
    const found = this.#text.slice(raw.start, raw.start + 1);
    if (found === '}' || found === ']') {
      const { line, column } = this.#lines.place(opened.start);
      const message = `this ${found} does not fit the ${opened.source} that is open since ${line}:${column}`;
      return { ...oneAt(raw.start), message, hint: `write ${closing}`, swallowsTheRest: true };
    }
    return {
      ...oneAt(opened.start),
      message: `the ${opened.source} that is opened here is never closed`,
      hint: `write ${closing} where it ends`,
      swallowsTheRest: true,
    };
  }

  /** The library takes something for a key that cannot be one, or finds a key where a value has begun. */
  #keyOrValue(raw: RawMistake): SyntaxMistake | null {
    const line = this.#lines.at(raw.start);
    const rest = this.#text.slice(raw.start, line.start + line.text.length);
    if (/^-(?:\s|$)/.test(rest)) return this.#strayItem(line);
    const glued = this.#glued(raw.start, rest);
    if (glued !== null) return glued;
    const dash = dashGlued(line.start + indentOf(line.text), line.text.trimStart());
    if (dash !== null) return dash;
    if (rest.startsWith('? ')) return this.#quotable(raw.start);
    const isValue = /:\s+$/.test(line.text.slice(0, raw.start - line.start));
    if (isValue && /:(?:\s|$)/.test(rest)) {
      const end = raw.start + withoutComment(rest).length;
      return {
        start: raw.start,
        end,
        message: `this value holds a colon with a space behind it: ${short(this.#shown.slice(raw.start, end))}`,
        hint: 'if that is meant put it in quotes; if not, begin the new key in a new line',
      };
    }
    const next = this.#lines.after(raw.start);
    if (next !== null && indentOf(next.text) > indentOf(line.text)) {
      const start = next.start + indentOf(next.text);
      if (isValue || /:\s/.test(line.text)) {
        return {
          start,
          end: start + next.text.trim().length,
          message: 'this is indented deeper than the line before it, whose key has its value already',
          hint: this.#wantedIndent(next.start),
        };
      }
      return this.#colonMissing(raw.start, rest);
    }
    return isValue ? null : this.#colonMissing(raw.start, rest);
  }

  #glued(start: number, rest: string): SyntaxMistake | null {
    const glued = spaceMissing(start, rest, this.#shown.slice(start, start + rest.length));
    if (glued !== null) return glued;
    const wide = WIDE_COLON.exec(rest);
    if (wide === null) return null;
    const at = start + wide[0].length - 1;
    return { ...oneAt(at), message: 'this is a full-width colon (：)', hint: 'write the plain one and a space: ": "' };
  }

  #colonMissing(start: number, rest: string): SyntaxMistake {
    const end = start + Math.max(1, withoutComment(rest).length);
    return {
      start,
      end,
      message: `a colon is missing after ${short(this.#shown.slice(start, end))}`,
      hint: 'a key is followed by a colon, a space and its value',
    };
  }

  #missing(raw: RawMistake): SyntaxMistake | null {
    const line = this.#lines.at(raw.start);
    if (raw.message.startsWith('Missing directives-end')) {
      const start = Math.max(0, this.#text.search(/^%/m));
      return { ...oneAt(start), message: 'lines that begin with % are not read here', hint: 'delete this line' };
    }
    if (raw.message.startsWith('Sequence item without')) return this.#indent(raw.start);
    if (!raw.message.startsWith('Implicit map keys')) return null;
    const rest = this.#text.slice(raw.start, line.start + line.text.length);
    if (/^-(?:\s|$)/.test(line.text.trimStart())) return this.#strayItem(line);
    if (/^\s*\S+:\s+-\s/.test(line.text)) return this.#listInLine(line);
    return this.#glued(raw.start, rest) ?? this.#colonMissing(raw.start, rest);
  }

  #unexpected(raw: RawMistake): SyntaxMistake | null {
    const line = this.#lines.at(raw.start);
    const before = line.text.slice(0, raw.start - line.start);
    const rest = this.#text.slice(raw.start, line.start + line.text.length);
    if (raw.message.startsWith('Unexpected block-seq-ind')) {
      return before.trim() === '' ? this.#strayItem(line) : this.#listInLine(line);
    }
    if (raw.message.startsWith('Unexpected , in flow')) {
      return { ...oneAt(raw.start), message: 'a value is missing before this comma', hint: null };
    }
    const header = /^Block scalar header includes extra characters: ([|>]+)/.exec(raw.message);
    if (header !== null) return this.#quotable(this.#valueStart(line, raw.start));
    if (!raw.message.startsWith('Unexpected scalar')) return null;
    if (before.trim() === '' && indentOf(line.text) === 0 && /^-(?:\s|$)/m.test(this.#text.slice(0, line.start))) {
      const hint = 'indent the list, and write its key in a line before it';
      return { start: raw.start, end: raw.start + rest.length, message: 'a key stands beside a list', hint };
    }
    const quote = /(["'])\s*$/.exec(before)?.[1];
    if (quote === undefined) return null;
    const hint =
      quote === "'"
        ? "between '…' a quotation mark is written twice: ''"
        : 'put the quotation marks around all of it; between "…" write \\" for one of the text';
    return {
      start: raw.start,
      end: raw.start + Math.max(1, rest.trimEnd().length),
      message: `the text goes on after its closing ${quote}`,
      hint,
    };
  }

  #strayItem(line: Line): SyntaxMistake {
    const start = line.start + indentOf(line.text);
    return {
      start,
      end: line.start + Math.max(indentOf(line.text) + 1, line.text.trimEnd().length),
      message: 'an entry of a list stands among keys',
      hint: 'write the key of the list in a line before it, without a value behind its colon',
    };
  }

  #listInLine(line: Line): SyntaxMistake {
    const at = line.text.search(/:\s+-(?:\s|$)/);
    const start = line.start + line.text.indexOf('-', at);
    const hint =
      'begin it in the next line, or write it between [ ]; a text that begins with "- " must stand in quotes';
    return { ...oneAt(start), message: 'a list cannot begin in the line of its key', hint };
  }

  #missingComma(raw: RawMistake): SyntaxMistake {
    const line = this.#lines.at(raw.start);
    const end = line.start + line.text.trimEnd().length;
    const next = this.#lines.after(raw.start);
    const isEntry = next !== null && !/^\s*[}\]]/.test(next.text);
    const shown = isEntry ? this.#shown.slice(next.start, next.start + next.text.length).trim() : '';
    const before = isEntry ? ` before ${short(shown)}` : '';
    return {
      ...oneAt(end),
      message: `a comma is missing${before}`,
      hint: 'between { } and [ ] entries are separated by commas',
    };
  }

  /** A line that is indented like none that it could belong to. */
  #indent(at: number): SyntaxMistake | null {
    const line = this.#lines.at(at);
    const indent = indentOf(line.text);
    const text = line.text.trim();
    if (text === '') return null;
    const spaces = indent === 1 ? '1 space' : `${indent} spaces`;
    return {
      start: line.start + indent,
      end: line.start + indent + text.length,
      message: `this is indented by ${spaces}, unlike any key above that it could stand beside`,
      hint: this.#wantedIndent(line.start),
    };
  }

  /** The keys above that are still open, each with the column where it begins. */
  #wantedIndent(lineStart: number): string | null {
    const open: string[] = [];
    let deepest = Number.POSITIVE_INFINITY;
    for (const line of this.#lines.before(lineStart)) {
      const key = /^(\s*(?:-\s+)*)([^\s#:][^:]*):(?:\s|$)/.exec(line.text);
      if (key === null) continue;
      const column = (key[1] ?? '').length;
      if (column >= deepest) continue;
      deepest = column;
      open.push(`column ${column + 1} like ${short(key[2] ?? '', 30)} in line ${this.#lines.place(line.start).line}`);
      if (column === 0 || open.length === 3) break;
    }
    if (open.length === 0) return null;
    return `begin it at ${open.length === 1 ? open[0] : `${open.slice(0, -1).join(', at ')} or at ${open.at(-1)}`}`;
  }

  #quotable(start: number): SyntaxMistake {
    const line = this.#lines.at(start);
    const rest = this.#text.slice(start, line.start + line.text.length);
    const before = this.#text.slice(Math.max(0, start - 1), start);
    if (before === '{' && rest.startsWith('%')) return this.#template(start - 1, '{% … %}');
    const text = quotableText(rest, before !== '' && this.#isInFlow(start));
    const end = start + Math.max(1, text.length);
    return { start, end, ...mustBeQuoted(text.slice(0, 1), this.#shown.slice(start, end)), isLocal: true };
  }

  #template(start: number, shown: string): SyntaxMistake {
    return {
      start,
      end: start + 2,
      message: `${shown} looks like a template that was not filled in`,
      hint: 'to YAML { } is a map; if the text is meant put it in quotes',
    };
  }

  #isInFlow(at: number): boolean {
    let depth = 0;
    for (const { source } of this.#lexemesBefore(at)) {
      if (source === '{' || source === '[') depth += 1;
      else if (source === '}' || source === ']') depth -= 1;
    }
    return depth > 0;
  }

  #valueStart(line: Line, at: number): number {
    const found = this.#text.slice(line.start, at + 1).search(/[|>][^|>]*$/);
    return found < 0 ? at : line.start + found;
  }

  /** What begins before `at`, piece by piece. */
  #lexemesBefore(at: number): readonly { readonly start: number; readonly source: string }[] {
    if (this.#lexemes === null) {
      const all: { start: number; source: string }[] = [];
      let start = 0;
      for (const source of this.#lex(this.#text)) {
        // These three stand for the kind of what follows and not for letters of the file.
        if (source === '\u0002' || source === '\u0018' || source === '\u001f') continue;
        all.push({ start, source });
        start += source.length;
      }
      this.#lexemes = all;
    }
    return this.#lexemes.filter(({ start }) => start < at);
  }

  /** The end of the file is no place to look at: the last letters before it are. */
  #onContent({ start, end }: Span): Span {
    const content = this.#text.trimEnd().length;
    return start < content ? { start, end } : oneAt(Math.max(0, content - 1));
  }
}

function isClosed(source: string): boolean {
  return source.length > 1 && source.endsWith(source.slice(0, 1));
}

function withoutComment(text: string): string {
  return text.replace(/\s+(?:#.*)?$/, '');
}

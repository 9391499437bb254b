import type { Located } from '../yaml/located.ts';
import { type Lost, NOTHING_LOST } from '../yaml/lost.ts';
import type { Part, Path, YamlDocument } from '../yaml/yaml-document.ts';

/** What checking has found so far, over all files. */
export class Findings {
  readonly errors: Located[] = [];
  readonly warnings: Located[] = [];
}

/** One map of a document (a policy, a calendar) that findings are about; paths count from there. */
export class Subject {
  readonly document: YamlDocument;
  /** The same as it is in the file, with what is wrong. */
  readonly written: YamlDocument;
  readonly path: Path;
  /** What was left out of it because it is wrong. */
  readonly lost: Lost;
  readonly #findings: Findings;
  #failed = false;

  constructor(
    document: YamlDocument,
    path: Path,
    findings: Findings,
    { lost = NOTHING_LOST, written = document }: { readonly lost?: Lost; readonly written?: YamlDocument } = {},
  ) {
    this.document = document;
    this.written = written;
    this.path = path;
    this.lost = lost;
    this.#findings = findings;
  }

  /** Something inside it, with findings of its own. */
  below(path: Path): Subject {
    return new Subject(this.document, [...this.path, ...path], this.#findings);
  }

  /** The same without what is wrong with it. */
  without(read: {
    readonly document: YamlDocument;
    readonly lost: Lost;
    readonly errors: readonly Located[];
  }): Subject {
    const subject = new Subject(read.document, this.path, this.#findings, { lost: read.lost, written: this.written });
    subject.errors(read.errors);
    return subject;
  }

  /** Has an error been found in it? */
  get failed(): boolean {
    return this.#failed;
  }

  /** Does anything, right or wrong, stand at `path` in the file? */
  isWritten(path: Path): boolean {
    return this.written.has([...this.path, ...path]);
  }

  /** Is `path` certainly not in the file, also not in other letters? */
  isAbsent(path: Path): boolean {
    return !this.isWritten(path) && !this.lost.perhaps(path);
  }

  /** At the value that stands at `path`, or as `part` says. */
  error(path: Path, message: string, part: Part = {}): void {
    this.#failed = true;
    this.#findings.errors.push(this.document.located([...this.path, ...path], message, part));
  }

  /** The same with a path into the file as it is. */
  errorAsWritten(path: Path, message: string, part: Part = {}): void {
    this.#failed = true;
    this.#findings.errors.push(this.written.located([...this.path, ...path], message, part));
  }

  errors(found: readonly Located[]): void {
    this.#failed ||= found.length > 0;
    this.#findings.errors.push(...found);
  }

  warn(path: Path, message: string, part: Part = {}): void {
    this.#findings.warnings.push(this.document.located([...this.path, ...path], message, part));
  }
}

import type { Located } from '../yaml/located.ts';
import type { Part, Path, YamlDocument } from '../yaml/yaml-document.ts';

/** What checking has found so far, over all files. */
export class Findings {
  readonly errors: Located[] = [];
  readonly warnings: Located[] = [];
}

/** One map of a document (a policy, a calendar) that findings are about; paths count from there. */
export class Subject {
  readonly document: YamlDocument;
  readonly path: Path;
  readonly #findings: Findings;
  #failed = false;

  constructor(document: YamlDocument, path: Path, findings: Findings) {
    this.document = document;
    this.path = path;
    this.#findings = findings;
  }

  /** Something inside it, with findings of its own. */
  below(path: Path): Subject {
    return new Subject(this.document, [...this.path, ...path], this.#findings);
  }

  /** Has an error been found in it? */
  get failed(): boolean {
    return this.#failed;
  }

  /** At the value that stands at `path`, or as `part` says. */
  error(path: Path, message: string, part: Part = {}): void {
    this.#failed = true;
    this.#findings.errors.push(this.document.located([...this.path, ...path], message, part));
  }

  errors(found: readonly Located[]): void {
    this.#failed ||= found.length > 0;
    this.#findings.errors.push(...found);
  }

  warn(path: Path, message: string, part: Part = {}): void {
    this.#findings.warnings.push(this.document.located([...this.path, ...path], message, part));
  }
}

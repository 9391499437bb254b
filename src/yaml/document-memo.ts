import { type ReadDocument, readDocument } from './read-document.ts';

/** Some times the largest folder that people write by hand; beyond it the oldest is forgotten. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * Remembers documents by their text, since reading YAML is most of the time that checking a folder takes, and from one
 * reload to the next one file of many has changed. What was read does not change, so it can be given again.
 */
export class DocumentMemo {
  readonly #known = new Map<string, ReadDocument>();
  #characters = 0;

  read(text: string, file: string): ReadDocument {
    const key = `${file}\n${text}`;
    const known = this.#known.get(key);
    // Put at the end again: what is asked for stays.
    if (known !== undefined) this.#known.delete(key);
    else this.#characters += key.length;
    const document = known ?? readDocument(text, file);
    this.#known.set(key, document);
    for (const oldest of this.#known.keys()) {
      if (this.#characters <= MOST_CHARACTERS) break;
      this.#known.delete(oldest);
      this.#characters -= oldest.length;
    }
    return document;
  }
}

/**
 * Long texts are large objects of their own, which are only freed when everything is looked through: a daemon that writes the
 * whole of a fleet at once would keep several of them for minutes. So much is one piece.
 */
const PIECE_CHARACTERS = 32_000;
/** What is nested deeper is small. */
const DEPTH = 4;
const ITEMS_AT_ONCE = 200;

/** The JSON text of a value that is made of nothing else, in pieces. */
export function jsonPieces(value: object): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  const add = (text: string) => {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) return;
    pieces.push(piece);
    piece = '';
  };
  const write = (part: unknown, depth: number): void => {
    if (isList(part)) writeList(part, depth);
    else if (typeof part === 'object' && part !== null && depth < DEPTH) {
      let before = '{';
      for (const [key, field] of Object.entries(part)) {
        if (field === undefined) continue;
        add(`${before}${JSON.stringify(key)}:`);
        write(field, depth + 1);
        before = ',';
      }
      add(before === '{' ? '{}' : '}');
    } else add(JSON.stringify(part));
  };
  const writeList = (list: readonly unknown[], depth: number): void => {
    if (list.length > ITEMS_AT_ONCE) {
      for (let at = 0; at < list.length; at += ITEMS_AT_ONCE)
        add(`${at === 0 ? '[' : ','}${JSON.stringify(list.slice(at, at + ITEMS_AT_ONCE)).slice(1, -1)}`);
      add(']');
    } else if (depth < DEPTH) {
      let before = '[';
      for (const item of list) {
        add(before);
        write(item, depth + 1);
        before = ',';
      }
      add(before === '[' ? '[]' : ']');
    } else add(JSON.stringify(list));
  };
  write(value, 0);
  pieces.push(piece);
  return pieces;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

const FULL_WIDTH_END = /[，。；：（）、！？“”]$/u;
const FULL_WIDTH_START = /^[，。；：（）、！？“”]/u;
const HAN_END = /\p{Script=Han}$/u;
const HAN_START = /^\p{Script=Han}/u;

/**
 * A template whose spaces around values stay only where Chinese meets something else: beside full-width punctuation and
 * between two Chinese words there is none.
 */
export function tidy(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce((said, text, index) => join(join(said, index === 0 ? '' : String(values[index - 1])), text), '');
}

function join(before: string, after: string): string {
  if (before.endsWith(' ')) {
    const bare = before.slice(0, -1);
    if (FULL_WIDTH_START.test(after) || (HAN_START.test(after) && HAN_END.test(bare))) return bare + after;
  }
  if (after.startsWith(' ')) {
    const bare = after.slice(1);
    if (FULL_WIDTH_END.test(before) || (HAN_END.test(before) && HAN_START.test(bare))) return before + bare;
  }
  return before + after;
}

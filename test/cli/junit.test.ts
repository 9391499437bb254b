import { expect, test } from 'vitest';
import { junit } from '../../src/cli/junit.ts';

const NAME = 'a <b> & "c" \'d\' 中文 😀 ]]> \u0007\ud800';
const failure = {
  file: 't.test.yaml',
  line: 3,
  column: 5,
  length: 1,
  message: 'did not come: stop of <dev> & "中文"',
  hint: null,
  sourceLine: '',
  notes: ['came instead: nothing', '  when.idleFor 30m: <idle> for 20m'],
};
const REPORT = junit({
  outcomes: [
    { file: 'ü & <p>.test.yaml', line: 2, name: NAME, failures: [failure, { ...failure, line: 9 }], tookMs: 12.3 },
    { file: 'ü & <p>.test.yaml', line: 20, name: 'passes', failures: [], tookMs: 0 },
    { file: 'other.test.yaml', line: 1, name: 'passes', failures: [], tookMs: 1 },
  ],
  coverage: null,
});

/** What every XML reader asks for: elements that close, each attribute once, and no sign that must be written otherwise. */
function elementsOf(
  xml: string,
): readonly { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[] {
  const open: string[] = [];
  const elements: { name: string; attributes: Map<string, string> }[] = [];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  expect(body).not.toBe(xml);
  expect(body).not.toMatch(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}/u);
  for (const [whole, close, name = '', attributes = '', empty] of body.matchAll(
    /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
  )) {
    if (close === '/') expect(open.pop()).toBe(name);
    else if (empty === '') open.push(name);
    if (close === '/') continue;
    const pairs = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, value] as const,
    );
    expect(new Set(pairs.map(([key]) => key)).size).toBe(pairs.length);
    for (const [, value] of pairs) expect(value).toMatch(/^(?:[^&]|&(?:amp|lt|gt|quot);)*$/);
    elements.push({ name, attributes: new Map(pairs) });
    expect(whole).not.toContain('\n');
  }
  expect(open).toEqual([]);
  expect(body.replaceAll(/<\/?[a-z]+(?: [a-z]+="[^"<]*")*\/?>/g, '')).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot);)/);
  return elements;
}

test('a report holds whatever names and texts there are, in the form that CI servers know', () => {
  const elements = elementsOf(REPORT);
  expect(elements.map(({ name }) => name)).toEqual([
    'testsuites',
    'testsuite',
    'testcase',
    'failure',
    'testcase',
    'testsuite',
    'testcase',
  ]);
  const counts = elements
    .filter(({ name }) => name.startsWith('testsuite'))
    .map(({ attributes }) => ['tests', 'failures', 'errors', 'skipped'].map((key) => attributes.get(key)).join(' '));
  expect(counts).toEqual(['3 1 0 0', '2 1 0 0', '1 0 0 0']);
  const [testcase] = elements.filter(({ name }) => name === 'testcase');
  expect(testcase?.attributes.get('name')).toBe("a &lt;b&gt; &amp; &quot;c&quot; 'd' 中文 😀 ]]&gt; \ufffd\ufffd");
  expect(testcase?.attributes.get('classname')).toBe('ü &amp; &lt;p&gt;.test.yaml');
});

test('a failure tells each difference with its place and what was in the way', () => {
  expect(REPORT).toContain(
    '<failure type="unmet" message="did not come: stop of &lt;dev&gt; &amp; &quot;中文&quot;">ü &amp; &lt;p&gt;.test.yaml:3:5: did not come',
  );
  expect(REPORT).toContain(
    'came instead: nothing\n  when.idleFor 30m: &lt;idle&gt; for 20m\nü &amp; &lt;p&gt;.test.yaml:9:5: ',
  );
});

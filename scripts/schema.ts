import { writeFile } from 'node:fs/promises';
import { JSON_SCHEMAS } from '../src/config/json-schema.ts';

/** Writes `schema/*.schema.json` anew; a test compares them with the grammar. */
for (const [name, schemaOf] of Object.entries(JSON_SCHEMAS)) {
  const file = new URL(`../schema/${name}.schema.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(schemaOf(), null, 2)}\n`);
}

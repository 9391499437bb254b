import { writeFile } from 'node:fs/promises';
import { configJsonSchema, policyJsonSchema } from '../src/config/json-schema.ts';

/** Writes `schema/*.schema.json` anew; a test compares them with the grammar. */
const schemas = { policy: policyJsonSchema(), config: configJsonSchema() };
for (const [name, schema] of Object.entries(schemas)) {
  const file = new URL(`../schema/${name}.schema.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(schema, null, 2)}\n`);
}

/** Writes config.schema.json from the schema in activities/config. `node bin/generate-schema.js` */
import { writeFile } from 'node:fs/promises';
import { register } from 'tsx/esm/api';

const unregister = register();
const { configJsonSchema } = await import('../activities/config/json-schema.ts');
await writeFile(new URL('../config.schema.json', import.meta.url), configJsonSchema());
await unregister();

/** Writes openapi.json from the route table in api/. `node bin/generate-openapi.js` */
import { writeFile } from 'node:fs/promises';
import { register } from 'tsx/esm/api';

const unregister = register();
const { openApiText } = await import('../api/openapi.ts');
const { ROUTES } = await import('../api/routes/table.ts');
const { VERSION } = await import('../api/version.ts');
await writeFile(new URL('../openapi.json', import.meta.url), openApiText(ROUTES, VERSION));
await unregister();

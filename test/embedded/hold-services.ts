/** Helper program: starts the embedded servers in the given home, says where they are, and waits to be killed. */
import { processVariables } from '../../activities/config/environment.ts';
import { loadConfig } from '../../activities/config/load.ts';
import { startServices } from '../../activities/embedded/services.ts';
import { databasePid, silent } from './homes.ts';

const home = process.argv[2] ?? '';
const loaded = loadConfig({ env: {} });
if (!loaded.ok) throw new Error('the empty configuration has problems');
const services = await startServices({
  home,
  config: loaded.config,
  log: silent,
  env: processVariables(),
  searchAttributes: {},
});
const held = { url: services.databaseUrl, address: services.temporalAddress, databasePid: await databasePid(home) };
process.stdout.write(`${JSON.stringify(held)}\n`);
setInterval(() => undefined, 60_000);

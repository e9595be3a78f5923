/** Runs once before the suite: opens the broker through which test files ask for the shared servers. */
import { tsImport } from 'tsx/esm/api';

export default async function setUp() {
  const { startBroker } = await tsImport('./broker.ts', import.meta.url);
  const broker = await startBroker();
  globalThis.holdfastBroker = broker;
  // Inherited by jest's workers, which is the only way to hand them something.
  process.env.HOLDFAST_TEST_BROKER = broker.url;
}

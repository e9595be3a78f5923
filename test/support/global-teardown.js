/** Runs once after the suite: stops whatever the broker started. */
export default async function tearDown() {
  await globalThis.holdfastBroker.stop();
}

/** A test file's access to the run's shared servers. */
import type { Facts } from './broker.ts';

/** Starts it when nobody has asked before, which may take a while; then at once. */
export async function ask<P extends keyof Facts>(path: P): Promise<Facts[P]> {
  const broker = process.env['HOLDFAST_TEST_BROKER'];
  if (broker === undefined)
    throw new Error('There is no broker: run the file through jest with the jest.config.js of this repository.');
  const answer = await fetch(broker + path);
  if (!answer.ok) throw new Error(`the suite's ${path.slice(1)} did not start:\n${await answer.text()}`);
  return (await answer.json()) as Facts[P];
}

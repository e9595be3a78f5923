/** Jest's Node environment, which also knows whether a test of the file failed and tells what evidence was kept. */
import { TestEnvironment } from 'jest-environment-node';

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** `globalThis.holdfastEvidence`: `{ failed, lines }`, read and written by the helpers of this folder. */
export class EvidenceEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.holdfastEvidence = { failed: false, lines: [] };
    // Google's client looks for Node's own dispatcher, which exists outside of the tests' globals only.
    new Headers();
    this.global[DISPATCHER] = globalThis[DISPATCHER];
  }

  handleTestEvent(event) {
    if (event.name === 'hook_failure') this.global.holdfastEvidence.failed = true;
    if (event.name !== 'test_done' || event.test.errors.length === 0) return;
    const evidence = this.global.holdfastEvidence;
    evidence.failed = true;
    if (evidence.lines.length === 0) return;
    for (const entry of event.test.errors) {
      const error = Array.isArray(entry) ? (entry[0] ?? entry[1]) : entry;
      // Jest prints the stack, which repeats the message: the evidence has to go into both.
      if (typeof error?.message !== 'string') continue;
      const message = `${error.message}\n\nKept as evidence:\n  ${evidence.lines.join('\n  ')}`;
      const stack = error.stack?.replace(error.message, () => message);
      error.message = message;
      if (stack !== undefined) error.stack = stack;
    }
  }
}

export default EvidenceEnvironment;

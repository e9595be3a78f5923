/**
 * Numbered places where a fault campaign may break this process: `HOLDFAST_FAULT=point[:nth][:action]`.
 * Without the variable every function here returns at once. Actions: `kill` (SIGKILL), `stop` (SIGSTOP), `lose_reply`.
 */

export const FAULT_POINTS = [
  'admit.before_commit',
  'admit.after_commit',
  'admit.reply',
  'call.before_send',
  'call.in_flight',
  'call.after_finish',
  'claim.reply',
  'settle.reply',
  'settle.after_commit',
  'stream.mid',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

type Armed = { readonly point: string; nth: number; readonly action: string };

let armed: Armed | undefined;
let claimSkipped = false;

/** Called once at start-up with the variable's value. Unknown words are refused, so that a campaign cannot pass by a typing error. */
export function armFault(value: string | undefined): void {
  armed = undefined;
  claimSkipped = value === 'skip_claim';
  if (value === undefined || value === '' || claimSkipped) return;
  const [point = '', nth = '1', action] = value.split(':');
  const chosen = action ?? (point.endsWith('.reply') ? 'lose_reply' : 'kill');
  if (
    !(FAULT_POINTS as readonly string[]).includes(point) ||
    !['kill', 'stop', 'lose_reply'].includes(chosen) ||
    !(Number(nth) >= 1)
  ) {
    throw new Error(
      `HOLDFAST_FAULT: "${value}" is not point[:nth][:kill|stop|lose_reply] with a point of ${FAULT_POINTS.join(', ')}`,
    );
  }
  armed = { point, nth: Number(nth), action: chosen };
}

/** The deliberate break: attempts are sent without a claim. A campaign must see it. */
export function skipsClaim(): boolean {
  return claimSkipped;
}

/** Dies or stops here when the campaign says so. */
export function reach(point: FaultPoint): void {
  if (armed === undefined || !due(point)) return;
  process.kill(process.pid, armed.action === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  if (armed.action === 'kill') {
    // SIGKILL is delivered asynchronously: nothing after this point may run.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
  }
}

/** Reaches the point a moment later, while something that was begun is still under way. */
export function reachSoon(point: FaultPoint): void {
  if (armed !== undefined && armed.point === point)
    setTimeout(() => {
      reach(point);
    }, SOON_MS);
}

/** Enough for a request to have left the process, less than any answer that a campaign lets its provider delay. */
const SOON_MS = 50;

/** The statement was committed, but its reply does not arrive. */
export function lostReply(point: FaultPoint): void {
  if (armed === undefined || !due(point)) return;
  throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
}

function due(point: FaultPoint): boolean {
  if (armed === undefined || armed.point !== point) return false;
  armed.nth -= 1;
  if (armed.nth !== 0) return false;
  // A lost reply leaves no trace that can be seen from outside: without this line a campaign could not tell that it happened.
  process.stderr.write(`fault: ${point}\n`);
  return true;
}

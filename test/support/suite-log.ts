/** Where the suite's own servers say what they do: a file in the run's directory. */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '../../activities/telemetry/logger.ts';
import type { Logger } from '../../activities/telemetry/logger.ts';

export function suiteLog(home: string): Logger {
  return createLogger({ level: 'debug', pretty: false, descriptor: openSync(join(home, 'servers.jsonl'), 'a') });
}

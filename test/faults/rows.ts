/** Every row of the campaign, in the order of the table. The laws checked after each are the same for all. */
import type { Row } from './row.ts';
import { BATCHES } from './rows-batches.ts';
import { CONTROLS } from './rows-controls.ts';
import { PROCESSES } from './rows-processes.ts';
import { SERVERS } from './rows-servers.ts';

export const ROWS: readonly Row[] = [...PROCESSES, ...BATCHES, ...CONTROLS, ...SERVERS];

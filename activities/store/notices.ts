/** News between processes, over PostgreSQL's LISTEN and NOTIFY: whoever waits need not ask. A notice may be lost; asking now and then remains. */
import pg from 'pg';
import { isDead } from './processes.ts';

export const CHANNEL = 'holdfast';

export type Notice =
  /** More of the stream is in the journal. */
  | { readonly kind: 'written'; readonly id: string }
  | { readonly kind: 'ended'; readonly id: string }
  | { readonly kind: 'cancelled'; readonly id: string };

/** First letter of a line in a payload. */
const KINDS: Readonly<Record<string, Notice['kind']>> = { w: 'written', e: 'ended', c: 'cancelled' };

/** A payload has less than 8,000 bytes; a line takes 33. */
const LINES_PER_PAYLOAD = 200;

/**
 * SQL: a query that tells other processes of the ids that `source` yields as `id`, when there are others than the one named by `self`.
 * One row for each payload. A select that nobody reads is not run: the statement around it must count these rows.
 */
export function tellOthers(letter: 'w' | 'e', source: string, self: string): string {
  return `select pg_notify('${CHANNEL}', string_agg('${letter} ' || id, e'\\n')) from (
    select id, (row_number() over () - 1) / ${LINES_PER_PAYLOAD} as part from (select distinct id from ${source}) ids
    where exists (select 1 from processes o where o.id <> ${self} and not (${isDead('o.id')}))
  ) news group by part`;
}

export type Notices = {
  /** False while news may pass unheard. */
  connected(): boolean;
  stop(): Promise<void>;
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** On a connection of its own, made again whenever it breaks. */
export function startNotices(options: {
  readonly databaseUrl: string;
  readonly onNotice: (notice: Notice) => void;
  /** Listening again after a gap: whatever happened meanwhile was not told. */
  readonly onGap: () => void;
  readonly onError: (error: unknown) => void;
}): Notices {
  let stopped = false;
  let client: pg.Client | undefined;
  let listening = false;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_PAUSE_MS;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'holdfast notices',
    });
    client = next;
    let over = false;
    const lost = (error: unknown): void => {
      if (over) return;
      over = true;
      listening = false;
      void next.end().catch(() => undefined);
      if (stopped) return;
      options.onError(error);
      timer = setTimeout(() => void connect(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    };
    next.on('error', lost);
    next.on('end', () => {
      lost(new Error('The connection for notices was closed.'));
    });
    next.on('notification', ({ payload }) => {
      for (const notice of parseNotices(payload ?? '')) options.onNotice(notice);
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
      if (stopped) return;
      listening = true;
      pauseMs = FIRST_PAUSE_MS;
      options.onGap();
    } catch (error) {
      lost(error);
    }
  };
  void connect();

  return {
    connected: () => listening,
    stop: async () => {
      stopped = true;
      listening = false;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

/** Lines of other versions that say something else are passed over. */
export function parseNotices(payload: string): readonly Notice[] {
  return payload.split('\n').flatMap((line) => {
    const [letter = '', id] = line.split(' ');
    const kind = KINDS[letter];
    return kind === undefined || id === undefined || id === '' ? [] : [{ kind, id }];
  });
}

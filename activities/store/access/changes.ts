/** Hears of every change that a manager made in any process, over one connection that is kept for it. */
import pg from 'pg';
import { CHANGES_CHANNEL } from './transaction.ts';

export type Changes = {
  /** Whether changes are heard now. While they are not, nothing that was kept may be used. */
  listening(): boolean;
  stop(): Promise<void>;
};

const PAUSE_MS = 500;
/** A connection that a firewall dropped without a word looks alive; a question that is not answered tells. */
const PROBE_MS = 5_000;

export function listenForChanges(
  databaseUrl: string,
  options: {
    readonly onChange: (what: string, id: string) => void;
    /** Before anything is heard again: what changed meanwhile is not known. */
    readonly onConnect: () => void;
    readonly onError: (error: unknown) => void;
  },
): Changes {
  let client: pg.Client | undefined;
  let heard = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const lose = (lost: pg.Client, error?: unknown): void => {
    if (client !== lost) return;
    client = undefined;
    heard = false;
    if (error !== undefined) options.onError(error);
    void lost.end().catch(() => undefined);
    if (!stopped) again(PAUSE_MS);
  };
  const again = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void connect(), ms);
    timer.unref();
  };
  const probe = async (current: pg.Client): Promise<void> => {
    try {
      await current.query('select 1');
      if (client === current && !stopped) {
        timer = setTimeout(() => void probe(current), PROBE_MS);
        timer.unref();
      }
    } catch (error) {
      lose(current, error);
    }
  };
  const connect = async (): Promise<void> => {
    const current = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
      application_name: 'holdfast changes',
    });
    client = current;
    current.on('error', (error) => lose(current, error));
    current.on('end', () => lose(current));
    current.on('notification', ({ payload = '' }) => {
      const at = payload.indexOf(':');
      options.onChange(payload.slice(0, at), payload.slice(at + 1));
    });
    try {
      await current.connect();
      await current.query(`listen ${CHANGES_CHANNEL}`);
      if (client !== current || stopped) return;
      options.onConnect();
      heard = true;
      await probe(current);
    } catch (error) {
      lose(current, error);
    }
  };
  void connect();
  return {
    listening: () => heard,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      heard = false;
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}

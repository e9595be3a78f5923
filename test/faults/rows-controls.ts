/** The campaign's own test: the laws are broken on purpose, and it must notice. */
import type { Row } from './row.ts';

export const CONTROLS: readonly Row[] = [
  {
    name: 'control: attempts are sent without a claim',
    breaks: ['I3'],
    run: async (stage) => {
      await stage.start({ fault: 'skip_claim' });
      stage.oracle.next({ status: 500 });
      // The request itself may never end: what counts is that the books do not explain the second call.
      void stage.ask();
      await stage.oracle.arrived(2);
    },
  },
  {
    name: 'control: the books are falsified afterwards',
    breaks: ['I1', 'I2', 'I3', 'I4'],
    run: async (stage) => {
      await stage.start();
      const ids = (await stage.askMany(4)).map(({ answer }) => answer?.id ?? '');
      await stage.sql('update requests set state = $2 where id = $1', [ids[0], 'failed']);
      await stage.sql("update requests set response = replace(response, 'question', 'answer') where id = $1", [ids[1]]);
      await stage.sql('delete from attempts where request_id = $1', [ids[2]]);
      await stage.sql('update attempts set cost_nano = cost_nano + 1 where request_id = $1', [ids[3]]);
    },
  },
];

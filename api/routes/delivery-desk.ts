/** What the routes of webhooks ask of the ledger. A delivery of another tenant is the same as none: `undefined`. */
import type { DeliveryRow, DeliveryState } from '../../activities/store/webhooks.ts';
import type { Caller } from '../dispatch.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const satisfies readonly DeliveryState[];

export type DeliveryRecord = DeliveryRow;

export type DeliveryDesk = {
  get(id: string, caller: Caller): Promise<DeliveryRecord | undefined>;
  list(
    filter: {
      readonly state?: DeliveryState;
      readonly subject?: string;
      readonly after?: string;
      readonly limit: number;
    },
    caller: Caller,
  ): Promise<{ readonly data: readonly DeliveryRecord[]; readonly hasMore: boolean }>;
  /** Delivers it once more, under the same id. */
  replay(id: string, caller: Caller): Promise<DeliveryRecord | undefined>;
};

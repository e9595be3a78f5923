/** How an answer that passes unchanged is read beside its way: for its counts, and for the moment it is complete. */
import type { Usage } from '../protocol/usage.ts';
import type { ChatTranslation, Decoder, Target, WireHeaders } from '../provider.ts';

/** An answer read for its counts only. */
export type Reading = {
  readonly framing: ChatTranslation['framing'];
  readonly decoder: (target: Target) => Decoder;
  /** Throws where the body is none of this protocol. */
  readonly whole: (body: unknown, target: Target, headers: WireHeaders) => Counted;
};

export type Counted = { readonly usage?: Usage; readonly serviceTier?: string };

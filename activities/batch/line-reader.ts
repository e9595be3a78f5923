/** What the edge tells about a line: the same words, checks and extras as for a request of its own. */
import type { Body } from '../../providers/dialects/dialect.ts';
import type { Kind } from '../../providers/kinds.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import type { RoutingWishes } from '../planning.ts';

export type LineRequest = {
  readonly kind: Kind;
  readonly body: Body;
  readonly model: string;
  readonly wishes: RoutingWishes;
  readonly tags?: readonly string[];
};

export type LineReader = {
  /** JSON text from strangers: bounded depth, and nothing that cannot be stored. */
  parse(text: string): { readonly value: unknown } | { readonly problem: string };
  /** The body of a line, as the endpoint takes it. */
  read(
    endpoint: string,
    body: Readonly<Record<string, unknown>>,
  ): { readonly request: LineRequest } | { readonly refused: Failure };
};

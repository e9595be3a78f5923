/** The routes that manage keys, people, teams and the rest. */
import type { ErrorCode } from '../../../providers/protocol/errors.ts';
import type { Route } from '../table.ts';
import { KEY_ROUTES } from './key-table.ts';
import { OBJECT_ROUTES } from './objects-table.ts';
import { PEOPLE_ROUTES } from './people-table.ts';

export type ManageRoute = Omit<Route, 'errors' | 'tag'> & {
  readonly tag: Route['tag'];
  readonly errors?: readonly ErrorCode[];
};

const READ_ERRORS = ['invalid_request', 'not_found', 'durability_unavailable'] as const satisfies readonly ErrorCode[];
const WRITE_ERRORS = [
  ...READ_ERRORS,
  'already_exists',
  'unprocessable',
  'request_timeout',
  'request_too_large',
  'unsupported_media_type',
] as const satisfies readonly ErrorCode[];

export const MANAGE_ROUTES: readonly Route[] = [...KEY_ROUTES, ...PEOPLE_ROUTES, ...OBJECT_ROUTES].map((route) => ({
  ...route,
  errors: [...(route.body === undefined ? READ_ERRORS : WRITE_ERRORS), ...(route.errors ?? [])],
}));

/** Who may use which route: one table of roles by access rule, and the key's own list of routes. What is not named is refused. */
import type { UserRole } from '../../activities/store/access/principals.ts';
import type { Caller } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import type { Access } from '../routes/exchange.ts';

/** `none`: a key without a user, such as a service's. */
export type Role = UserRole | 'none';

export function roleOf({ operator, principal }: Pick<Caller, 'operator' | 'principal'>): Role {
  return operator ? 'proxy_admin' : (principal?.role ?? 'none');
}

type Rule = {
  /** Names of the rule's routes in a key's allowed_routes. */
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
  /** May only read. */
  readonly readers: readonly Role[];
};

const EVERYBODY: readonly Role[] = [
  'proxy_admin',
  'proxy_admin_viewer',
  'internal_user',
  'internal_user_viewer',
  'none',
];
const LLM_GROUPS = ['llm_api_routes', 'openai_routes'];

export const RULES: Readonly<Record<Exclude<Access, 'public'>, Rule>> = {
  key: { groups: LLM_GROUPS, roles: ['proxy_admin', 'internal_user', 'none'], readers: ['internal_user_viewer'] },
  read: { groups: [...LLM_GROUPS, 'info_routes'], roles: EVERYBODY, readers: [] },
  info: { groups: ['info_routes', 'management_routes'], roles: EVERYBODY, readers: [] },
  manage: { groups: ['management_routes'], roles: ['proxy_admin', 'internal_user'], readers: EVERYBODY },
  admin: { groups: ['management_routes'], roles: ['proxy_admin'], readers: ['proxy_admin_viewer'] },
  operator: { groups: [], roles: [], readers: [] },
};

export type PermitRoute = {
  readonly access: Access;
  readonly method: string;
  readonly paths: readonly string[];
  readonly reads?: boolean;
};

/** Throws the refusal. `path` is the URL's, without its query. */
export function permit(route: PermitRoute, caller: Caller, path: string): void {
  const { access, method, paths, reads = false } = route;
  // The master key may do everything; so may nobody else.
  if (access === 'public' || (caller.operator && caller.principal === undefined)) return;
  const { groups, roles, readers } = RULES[access];
  const role = roleOf(caller);
  if (!roles.includes(role) && !((method === 'get' || reads) && readers.includes(role))) refuseRole(access, path);
  const allowed = caller.principal?.allowedRoutes ?? [];
  if (allowed.length === 0) return;
  if (!allowed.some((entry) => groups.includes(entry) || matches(entry, path) || paths.includes(entry)))
    refuse(
      'permission_denied',
      `Virtual key is not allowed to call this route. Only allowed to call routes: [${allowed.map((entry) => `'${entry}'`).join(', ')}]. Tried to call route: ${path.slice(0, 200)}`,
    );
}

/** A path, or the beginning of one followed by `*`. */
function matches(entry: string, path: string): boolean {
  return entry.endsWith('*') ? path.startsWith(entry.slice(0, -1)) : entry === path;
}

function refuseRole(access: Exclude<Access, 'public'>, path: string): never {
  if (access === 'key') refuse('permission_denied', 'The role of this key’s user may not call models.');
  return refuseAdminOnly(path);
}

export function refuseAdminOnly(path: string): never {
  return refuse(
    'auth_error',
    `Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams. Route=${path.slice(0, 200)}`,
  );
}

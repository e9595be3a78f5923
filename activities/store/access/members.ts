/** Who belongs to which team and organization. */
import { announce, type Session } from './transaction.ts';

export type TeamRole = 'admin' | 'user';

export type TeamMember = {
  readonly teamId: string;
  readonly userId: string;
  readonly role: TeamRole;
  readonly models: readonly string[];
  readonly tpmLimit?: number;
  readonly rpmLimit?: number;
  readonly budgetId?: string;
};

export type OrganizationRole = 'org_admin' | 'internal_user' | 'internal_user_viewer';

export type OrganizationMember = {
  readonly organizationId: string;
  readonly userId: string;
  readonly role: OrganizationRole;
  readonly budgetId?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

type RawMember = {
  team_id: string;
  user_id: string;
  role: TeamRole;
  models: readonly string[];
  tpm_limit: string | null;
  rpm_limit: string | null;
  budget_id: string | null;
};

function toMember(raw: RawMember): TeamMember {
  return {
    teamId: raw.team_id,
    userId: raw.user_id,
    role: raw.role,
    models: raw.models,
    ...(raw.tpm_limit === null ? {} : { tpmLimit: Number(raw.tpm_limit) }),
    ...(raw.rpm_limit === null ? {} : { rpmLimit: Number(raw.rpm_limit) }),
    ...(raw.budget_id === null ? {} : { budgetId: raw.budget_id }),
  };
}

export async function readTeamMembers(
  session: Session,
  by: { readonly teamIds: readonly string[] } | { readonly userId: string },
): Promise<readonly TeamMember[]> {
  const { rows } =
    'userId' in by
      ? await session.query<RawMember>('select * from team_members where user_id = $1 order by team_id', [by.userId])
      : await session.query<RawMember>(
          'select * from team_members where team_id = any($1::text[]) order by team_id, created_at, user_id',
          [by.teamIds],
        );
  return rows.map(toMember);
}

export type MemberPatch = {
  readonly role?: TeamRole;
  readonly models?: readonly string[];
  readonly tpmLimit?: number | null;
  readonly rpmLimit?: number | null;
  readonly budgetId?: string | null;
};

/** Adds the member, or changes what the patch names. True when it was not there before. */
export async function putTeamMember(
  session: Session,
  teamId: string,
  userId: string,
  patch: MemberPatch,
): Promise<boolean> {
  const { rowCount } = await session.query(
    `insert into team_members (team_id, user_id, role, created_at) values ($1, $2, $3, clock_timestamp()) on conflict do nothing`,
    [teamId, userId, patch.role ?? 'user'],
  );
  await session.query(
    `update team_members set updated_at = now(), role = coalesce($3, role), models = coalesce($4, models),
      tpm_limit = case when $5 then $6 else tpm_limit end, rpm_limit = case when $7 then $8 else rpm_limit end,
      budget_id = case when $9 then $10 else budget_id end
    where team_id = $1 and user_id = $2`,
    [
      teamId,
      userId,
      patch.role ?? null,
      patch.models ?? null,
      patch.tpmLimit !== undefined,
      patch.tpmLimit ?? null,
      patch.rpmLimit !== undefined,
      patch.rpmLimit ?? null,
      patch.budgetId !== undefined,
      patch.budgetId ?? null,
    ],
  );
  await announce(session, 'user', userId);
  return rowCount === 1;
}

export async function removeTeamMember(session: Session, teamId: string, userId: string): Promise<boolean> {
  const { rowCount } = await session.query('delete from team_members where team_id = $1 and user_id = $2', [
    teamId,
    userId,
  ]);
  await announce(session, 'user', userId);
  return rowCount === 1;
}

/** Of a team or a user that is deleted. */
export async function dissolve(session: Session, by: 'team_id' | 'user_id', id: string): Promise<void> {
  if (by === 'team_id') await session.query('delete from team_members where team_id = $1', [id]);
  else {
    await session.query('delete from team_members where user_id = $1', [id]);
    await session.query('delete from organization_members where user_id = $1', [id]);
  }
}

type RawOrganizationMember = {
  organization_id: string;
  user_id: string;
  role: OrganizationRole;
  budget_id: string | null;
  created_at: Date;
  updated_at: Date;
};

export async function readOrganizationMembers(
  session: Session,
  by: { readonly organizationIds: readonly string[] } | { readonly userId: string },
): Promise<readonly OrganizationMember[]> {
  const { rows } =
    'userId' in by
      ? await session.query<RawOrganizationMember>(
          'select * from organization_members where user_id = $1 order by organization_id',
          [by.userId],
        )
      : await session.query<RawOrganizationMember>(
          'select * from organization_members where organization_id = any($1::text[]) order by organization_id, created_at, user_id',
          [by.organizationIds],
        );
  return rows.map((raw) => ({
    organizationId: raw.organization_id,
    userId: raw.user_id,
    role: raw.role,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    ...(raw.budget_id === null ? {} : { budgetId: raw.budget_id }),
  }));
}

/** True when the user was no member before. */
export async function putOrganizationMember(
  session: Session,
  organizationId: string,
  userId: string,
  role: OrganizationRole | undefined,
): Promise<boolean> {
  const { rowCount } = await session.query(
    'insert into organization_members (organization_id, user_id, role) values ($1, $2, $3) on conflict do nothing',
    [organizationId, userId, role ?? 'internal_user'],
  );
  if (rowCount !== 1 && role !== undefined)
    await session.query(
      'update organization_members set role = $3, updated_at = now() where organization_id = $1 and user_id = $2',
      [organizationId, userId, role],
    );
  await announce(session, 'user', userId);
  return rowCount === 1;
}

export async function removeOrganizationMember(
  session: Session,
  organizationId: string,
  userId?: string,
): Promise<boolean> {
  const { rowCount } = await session.query(
    'delete from organization_members where organization_id = $1 and ($2::text is null or user_id = $2)',
    [organizationId, userId ?? null],
  );
  if (userId !== undefined) await announce(session, 'user', userId);
  return (rowCount ?? 0) > 0;
}

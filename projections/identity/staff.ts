import { events } from '../../domain/identity/account.js';
import { type StaffRole, StaffRole as StaffRoles } from '../../domain/identity/roles.js';
import { projection } from '../kernel/projection.js';

/** Somebody with a role at a hospital. Names are joined when read. */
export interface StaffMember {
  readonly hospitalId: string;
  readonly accountId: string;
  readonly role: StaffRole;
  readonly since: string;
}

const { RoleGranted, RoleRevoked } = events;

export const staff = projection<StaffMember>()({
  name: 'staff',
  version: 1,
  from: { RoleGranted, RoleRevoked },
  key: ({ data: { hospitalId, role, accountId } }) =>
    hospitalId !== undefined && StaffRoles.safeParse(role).success ? `${hospitalId}_${role}_${accountId}` : undefined,
  indexes: { byHospital: ['hospitalId', 'role', 'since'] },
  parties: ({ hospitalId, accountId }) => ({ hospitalId, accountId }),
  phi: false,
  on: {
    RoleGranted: (_doc, { data: { hospitalId, accountId, role, at } }) => ({
      hospitalId: hospitalId!,
      accountId,
      role: role as StaffRole,
      since: at,
    }),
    RoleRevoked: () => null,
  },
});

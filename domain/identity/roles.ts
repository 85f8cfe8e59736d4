import { z } from 'zod';
import { type Actor, type Role, ROLES } from '../kernel/envelope.js';
import { reject } from '../kernel/rejection.js';
import { Id } from '../kernel/types.js';

/** A part that an account plays, at one hospital or everywhere. */
export const RoleHeld = z.object({ role: z.enum(ROLES), hospitalId: Id.optional() });
export type RoleHeld = z.infer<typeof RoleHeld>;

/** Parts that nobody takes for himself: they are given by an administrator. */
export const StaffRole = z.enum(['hospitalAdministrator', 'pharmacist', 'labWorker', 'complianceOfficer']);
export type StaffRole = z.infer<typeof StaffRole>;

/** Parts that everybody may take for himself. */
export const OpenRole = z.enum(['patient', 'doctor']);

const isStaff = (role: Role): role is StaffRole => StaffRole.options.includes(role as StaffRole);

/** An administrator of no one hospital: of the platform. */
export const isPlatformAdministrator = (roles: readonly RoleHeld[]): boolean =>
  roles.some(({ role, hospitalId }) => role === 'hospitalAdministrator' && hospitalId === undefined);

export const holds = (roles: readonly RoleHeld[], { role, hospitalId }: RoleHeld): boolean =>
  roles.some((held) => held.role === role && held.hospitalId === hospitalId);

/** Processes of our own; whoever shows no token is recorded as a system too, and is not one. */
export const isProcess = ({ id, role }: Actor): boolean => role === 'system' && id !== 'anonymous';

/**
 * Staff of a hospital are appointed by its administrators; compliance officers, administrators of the platform and the
 * first ones of a hospital by an administrator of the platform. `roles` are the actor's.
 */
export const ensureMayAppoint = (actor: Actor, roles: readonly RoleHeld[], { role, hospitalId }: RoleHeld): void => {
  if (isProcess(actor)) return;
  if ((role === 'pharmacist' || role === 'labWorker') && hospitalId === undefined)
    reject('hospital-needed', 'Pharmacists and lab workers belong to a hospital.', 'invalid', 'hospitalId');
  const appoints =
    isPlatformAdministrator(roles) ||
    (role !== 'complianceOfficer' &&
      hospitalId !== undefined &&
      holds(roles, { role: 'hospitalAdministrator', hospitalId }));
  if (!appoints)
    reject('not-yours-to-give', 'Only an administrator of that hospital may do this.', 'forbidden', 'role');
};

/** Who may give a role to an account or take it back. */
export const ensureMayChange = (
  accountId: string,
  actor: Actor,
  roles: readonly RoleHeld[],
  { role, hospitalId }: RoleHeld,
): void => {
  if (isProcess(actor)) return;
  if (isStaff(role)) return ensureMayAppoint(actor, roles, { role, hospitalId });
  const own = OpenRole.safeParse(role).success && hospitalId === undefined && actor.id === accountId;
  const programs = role === 'consumer' && isPlatformAdministrator(roles);
  if (!own && !programs) reject('not-yours-to-give', 'This role is not yours to give or to take.', 'forbidden', 'role');
};

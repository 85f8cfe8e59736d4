import type { Actor, Parties, Role } from '../../domain/kernel/envelope.js';
import { Rejection } from '../../domain/kernel/rejection.js';

/**
 * How an actor must stand to what is acted upon. `self`: it is about the actor. `related`: the doctor treats
 * the patient. `hospital`: it belongs to a hospital where the actor has the role, or the actor has it on the
 * whole platform. `ownHospital`: the same without the platform: whoever runs that needs nobody's records. `attending`:
 * `self` and `related`, of a doctor. `presented`: the patient presents it to a hospital where the actor has the role. `any`: no relation asked.
 */
export type Relation = 'any' | 'self' | 'related' | 'attending' | 'hospital' | 'ownHospital' | 'presented';

/** What one operation allows: by role, the relations of which one must hold. A role that is missing may not. */
export type PolicyRow = Readonly<Partial<Record<Role | 'anyone', Relation | readonly Relation[]>>>;

/** Operation name -> who may. Data only: an operation without a row is refused at start-up. */
export type PolicyTable = Readonly<Record<string, PolicyRow>>;

/** A role that an account holds, at a hospital or on the whole platform. */
export interface RoleGrant {
  readonly role: Role;
  readonly hospitalId?: string;
}

/** The relations that only the ledger knows. */
export interface Relations {
  /** Whether a doctor treats a patient. */
  related(doctorId: string, patientId: string): Promise<boolean>;
  /** Whether a person (patient or doctor) has to do with a hospital. */
  knownTo(hospitalId: string, personId: string): Promise<boolean>;
}

/** Answered alike whether the thing is another's or does not exist, so that nothing is told about it. */
export const notPermitted = (): Rejection =>
  new Rejection('not-permitted', 'This does not exist, or you may not do this with it.', 'forbidden');

/** The grants of an account that a row mentions at all; empty when the role alone is not enough. */
export const grantsFor = (row: PolicyRow, grants: readonly RoleGrant[]): readonly RoleGrant[] =>
  grants.filter(({ role }) => row[role] !== undefined);

/** As whom an account may act, and for which hospital where it holds the role there. */
export interface Permit {
  readonly actor: Actor;
  readonly hospitalId?: string | undefined;
}

/** What lets an account act on these parties, or undefined. */
export const permitted = async (
  row: PolicyRow,
  accountId: string,
  grants: readonly RoleGrant[],
  parties: Parties,
  relations: Relations,
): Promise<Permit | undefined> => {
  for (const grant of grantsFor(row, grants)) {
    for (const relation of [row[grant.role] ?? []].flat()) {
      if (await holds(relation, accountId, grant, parties, relations))
        return { actor: { id: accountId, role: grant.role }, hospitalId: grant.hospitalId };
    }
  }
  return undefined;
};

const holds = async (
  relation: Relation,
  accountId: string,
  { role, hospitalId }: RoleGrant,
  parties: Parties,
  relations: Relations,
): Promise<boolean> => {
  switch (relation) {
    case 'any':
      return true;
    case 'self':
      if (role === 'patient' && parties.patientId !== undefined) return parties.patientId === accountId;
      if (role === 'doctor' && parties.doctorId !== undefined) return parties.doctorId === accountId;
      return parties.accountId === accountId;
    case 'related':
      if (role === 'doctor' && parties.patientId !== undefined) return relations.related(accountId, parties.patientId);
      if (role === 'patient' && parties.doctorId !== undefined) return relations.related(parties.doctorId, accountId);
      return false;
    case 'attending':
      return (
        role === 'doctor' &&
        parties.doctorId === accountId &&
        parties.patientId !== undefined &&
        relations.related(accountId, parties.patientId)
      );
    case 'presented':
      return hospitalId !== undefined && (parties.presentedAt ?? []).includes(hospitalId);
    case 'hospital':
    case 'ownHospital': {
      const person = parties.patientId ?? parties.doctorId;
      // Without a hospital the grant holds for the whole platform, but not for what is a person's alone.
      if (hospitalId === undefined) {
        const ofPlatform = parties.hospitalId !== undefined || person === undefined;
        return relation === 'hospital' && role === 'hospitalAdministrator' && ofPlatform;
      }
      if (parties.hospitalId !== undefined) return parties.hospitalId === hospitalId;
      return person !== undefined && relations.knownTo(hospitalId, person);
    }
  }
};

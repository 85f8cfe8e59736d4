import { events } from '../../domain/prescriptions/prescription.js';
import type { Warning } from '../../domain/prescriptions/warnings.js';
import type { PrescribedMedicine, PrescribedTest } from '../../domain/prescriptions/written.js';
import { projection } from '../kernel/projection.js';

interface Version {
  readonly version: number;
  readonly at: string;
  readonly medicines: readonly PrescribedMedicine[];
  readonly tests: readonly PrescribedTest[];
  readonly advice?: string | undefined;
  readonly warnings: readonly Warning[];
  /** Why it was amended. */
  readonly reason?: string;
}

interface Units {
  /** Handed out and not returned. */
  readonly dispensed: number;
  /** Promised to orders. */
  readonly promised: number;
  readonly remaining: number;
}

interface Claim {
  readonly line: number;
  readonly quantity: number;
  /** Whose pharmacy it was presented to. */
  readonly hospitalId?: string | undefined;
}

/** A prescription as it stands, and every version before. Names are joined when read. */
export interface Prescription extends Version {
  readonly prescriptionId: string;
  readonly patientId: string;
  readonly doctorId: string;
  readonly hospitalId: string;
  readonly appointmentId?: string;
  readonly status: 'active' | 'cancelled' | 'renewed';
  readonly issuedAt: string;
  readonly validUntil: string;
  /** The prescription that this one takes the place of, and the one that took its place. */
  readonly renews?: string;
  readonly renewedBy?: string;
  readonly cancelReason?: string;
  /** By line: what became of its units. */
  readonly units: Readonly<Record<string, Units>>;
  /** By claim: what was promised and waits to be handed out. */
  readonly claims: Readonly<Record<string, Claim>>;
  /** The hospitals at whose pharmacies units were handed out. */
  readonly filledAt: readonly string[];
  /** Oldest first. */
  readonly earlier: readonly Version[];
  /** Of its stream: the ETag of every command on it. */
  readonly revision: number;
}

/** Counts anew what is left of each line that ever was. */
const counted = (doc: Prescription): Prescription => {
  const lines = new Set([...Object.keys(doc.units).map(Number), ...doc.medicines.map(({ line }) => line)]);
  const unitsOf = (line: number): Units => {
    const dispensed = doc.units[line]?.dispensed ?? 0;
    const promised = Object.values(doc.claims).reduce((sum, c) => sum + (c.line === line ? c.quantity : 0), 0);
    const quantity = doc.medicines.find((m) => m.line === line)?.quantity ?? 0;
    return { dispensed, promised, remaining: Math.max(0, quantity - dispensed - promised) };
  };
  return { ...doc, units: Object.fromEntries([...lines].map((line) => [line, unitsOf(line)])) };
};

const changed = (doc: Prescription | undefined, revision: number, change: Partial<Prescription> = {}) =>
  doc ? counted({ ...doc, ...change, revision }) : null;

const withClaim = (doc: Prescription | undefined, revision: number, id: string, more: Claim) => {
  const { [id]: held, ...others } = doc?.claims ?? {};
  const quantity = (held?.quantity ?? 0) + more.quantity;
  return changed(doc, revision, {
    claims: quantity > 0 ? { ...others, [id]: { ...held, ...more, quantity } } : others,
  });
};

const withDispensed = (doc: Prescription | null, line: number, more: number): Prescription | null => {
  const units = doc?.units[line];
  if (!doc || !units) return doc;
  return counted({ ...doc, units: { ...doc.units, [line]: { ...units, dispensed: units.dispensed + more } } });
};

export const prescriptions = projection<Prescription>()({
  name: 'prescriptions',
  version: 2,
  from: events,
  key: ({ data }) => data.prescriptionId,
  indexes: {
    byPatient: ['patientId', 'issuedAt'],
    byDoctor: ['doctorId', 'issuedAt'],
  },
  parties: ({ patientId, doctorId, hospitalId, claims, filledAt }) => ({
    ...{ patientId, doctorId, hospitalId },
    presentedAt: [...filledAt, ...Object.values(claims).flatMap((claim) => claim.hospitalId ?? [])],
  }),
  phi: true,
  on: {
    PrescriptionIssued: (_, { data, revision }) =>
      counted({
        ...data,
        status: 'active',
        issuedAt: data.at,
        units: {},
        claims: {},
        filledAt: [],
        earlier: [],
        revision,
      }),
    PrescriptionAmended: (doc, { data, revision }) => {
      if (!doc) return null;
      const { version, at, medicines, tests, advice, warnings, reason } = doc;
      const before = { version, at, medicines, tests, warnings, ...(advice && { advice }), ...(reason && { reason }) };
      const { prescriptionId: _, patientId: __, doctorId: ___, hospitalId: ____, ...now } = data;
      return changed({ ...doc, advice: undefined }, revision, { ...now, earlier: [...doc.earlier, before] });
    },
    PrescriptionCancelled: (doc, { data: { reason }, revision }) =>
      changed(doc, revision, { status: 'cancelled', cancelReason: reason }),
    PrescriptionRenewed: (doc, { data: { by }, revision }) =>
      changed(doc, revision, { status: 'renewed', renewedBy: by }),
    PrescriptionUnitsClaimed: (doc, { data: { claimId, prescriptionId: _, ...claim }, revision }) =>
      withClaim(doc, revision, claimId, claim),
    PrescriptionClaimRefused: (doc, { revision }) => changed(doc, revision),
    PrescriptionClaimReleased: (doc, { data: { claimId, line, quantity }, revision }) =>
      withClaim(doc, revision, claimId, { line, quantity: -quantity }),
    PrescriptionDispensed: (doc, { data: { claimId, line, quantity }, revision }) => {
      const at = doc?.claims[claimId]?.hospitalId;
      const filledAt = [...new Set([...(doc?.filledAt ?? []), ...(at === undefined ? [] : [at])])];
      const next = withClaim(doc, revision, claimId, { line, quantity: -quantity });
      return withDispensed(next && { ...next, filledAt }, line, quantity);
    },
    PrescriptionUnitsReturned: (doc, { data: { line, quantity }, revision }) =>
      withDispensed(changed(doc, revision), line, -quantity),
  },
});

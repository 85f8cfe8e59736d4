import { events } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** What a doctor asked of a hospital, and what the hospital said. */
export interface RegistrationRequest {
  readonly doctorId: string;
  readonly hospitalId: string;
  readonly departmentId: string;
  readonly specialisationId: string;
  /** A file's id. */
  readonly certificate?: string;
  readonly status: 'pending' | 'accepted' | 'rejected';
  readonly requestedAt: string;
  readonly decidedAt?: string;
  /** The account that accepted or rejected. */
  readonly decidedBy?: string;
  /** Of the last rejection. */
  readonly reason?: string;
  /** Of the doctor's stream: the ETag of a decision. */
  readonly revision: number;
}

const { RegistrationRequested, RegistrationAccepted, RegistrationRejected } = events;

export const registrations = projection<RegistrationRequest>()({
  name: 'registrations',
  version: 1,
  from: { RegistrationRequested, RegistrationAccepted, RegistrationRejected },
  key: ({ data: { doctorId, hospitalId } }) => `${hospitalId}_${doctorId}`,
  indexes: {
    byHospital: ['hospitalId', 'status', 'requestedAt'],
    byDoctor: ['doctorId', 'requestedAt'],
  },
  parties: ({ doctorId, hospitalId }) => ({ doctorId, hospitalId }),
  phi: false,
  on: {
    RegistrationRequested: (doc, { data: { at, ...asked }, revision }) => ({
      ...(doc?.certificate !== undefined && { certificate: doc.certificate }),
      ...asked,
      status: 'pending',
      requestedAt: at,
      revision,
    }),
    RegistrationAccepted: (doc, { data: { at }, meta, revision }) =>
      doc ? { ...doc, status: 'accepted', decidedAt: at, decidedBy: meta.actor.id, revision } : null,
    RegistrationRejected: (doc, { data: { at, reason }, meta, revision }) =>
      doc ? { ...doc, status: 'rejected', decidedAt: at, decidedBy: meta.actor.id, reason, revision } : null,
  },
});

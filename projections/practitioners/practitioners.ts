import { revised } from '../../domain/kernel/revise.js';
import { events } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** What a doctor's hospitals know beside what everybody may see; the rest of the profile is joined when read. */
export interface PractitionerFile {
  readonly doctorId: string;
  readonly phone?: { readonly e164: string; readonly given: string };
  readonly nationalId?: string;
  readonly dateOfBirth?: string;
  readonly leave: readonly Leave[];
  /** Of the doctor's stream: the ETag of every command on it. */
  readonly revision: number;
}

interface Leave {
  readonly leaveId: string;
  /** Both days included. */
  readonly from: string;
  readonly to: string;
  readonly moveTo?: string | undefined;
}

const privately = ({ phone, nationalId, dateOfBirth }: Readonly<Record<string, unknown>>) => ({
  phone,
  nationalId,
  dateOfBirth,
});

const next = (doc: PractitionerFile | undefined, doctorId: string, revision: number, changes: object = {}) =>
  revised(doc ?? { doctorId, leave: [], revision }, { ...changes, revision });

type Counted = { readonly data: { readonly doctorId: string }; readonly revision: number };
const counted = (doc: PractitionerFile | undefined, { data, revision }: Counted) => next(doc, data.doctorId, revision);

export const practitioners = projection<PractitionerFile>()({
  name: 'practitioners',
  version: 1,
  from: events,
  key: ({ data: { doctorId } }) => doctorId,
  indexes: {},
  parties: ({ doctorId }) => ({ doctorId }),
  phi: false,
  on: {
    PractitionerProfileBegun: (doc, { data, revision }) => next(doc, data.doctorId, revision, privately(data)),
    PractitionerProfileRevised: (doc, { data, revision }) => next(doc, data.doctorId, revision, privately(data)),
    LeaveTaken: (doc, { data: { doctorId, leaveId, from, to, moveTo }, revision }) =>
      next(doc, doctorId, revision, { leave: [...(doc?.leave ?? []), { leaveId, from, to, moveTo }] }),
    LeaveWithdrawn: (doc, { data: { doctorId, leaveId }, revision }) =>
      next(doc, doctorId, revision, { leave: (doc?.leave ?? []).filter((taken) => taken.leaveId !== leaveId) }),
    RegistrationRequested: counted,
    RegistrationAccepted: counted,
    RegistrationRejected: counted,
    ScheduleSet: counted,
    FeesSet: counted,
  },
});

import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { without } from '../kernel/revise.js';
import { Id, Instant } from '../kernel/types.js';

// Stream therapy-<patientId>: what a patient is made to take by whom, so that a new prescription can be held against
// all others without knowing their ids. It follows the prescriptions by reactions, a moment later: of two doctors who
// prescribe in the same moment neither is warned of the other.

const Taken = z.object({
  line: z.int(),
  /** See `marksOf`. */
  marks: z.array(z.string()),
  /** Missing when it has no end, or none is known. */
  until: Instant.optional(),
});
const Therapy = z.object({ prescriptionId: Id, medicines: health(z.array(Taken)), at: Instant });

export const commands = {
  /** The newest version of a prescription; it takes the place of the one before. */
  RecordTherapy: z.strictObject(Therapy.shape),
  EndTherapy: z.strictObject({ prescriptionId: Id }),
};

export const events = {
  TherapyRecorded: event(Therapy),
  TherapyEnded: event(z.object({ prescriptionId: Id })),
};

/** By prescription. */
export type Therapies = Readonly<Record<string, z.infer<typeof Therapy>['medicines']>>;

export const therapy = decider<Therapies>()({
  category: 'therapy',
  commands,
  events,
  initial: {},
  parties: (_, __, { id }) => ({ patientId: id }),
  decide: {
    RecordTherapy: (_, data) => [{ type: 'TherapyRecorded', data }],
    EndTherapy: (therapies, data) => (therapies[data.prescriptionId] ? [{ type: 'TherapyEnded', data }] : []),
  },
  evolve: {
    // What has come to its end by then is forgotten, so that the state stays as long as the patient's list is.
    TherapyRecorded: (therapies, { prescriptionId, medicines, at }) => ({
      ...Object.fromEntries(
        Object.entries(therapies).filter(([, taken]) => taken.some(({ until }) => until === undefined || until > at)),
      ),
      [prescriptionId]: medicines,
    }),
    TherapyEnded: (therapies, { prescriptionId }) => without(therapies, prescriptionId),
  },
});

import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { Id, Instant } from '../kernel/types.js';

// Stream legacyRow-<table>_<row>: a row of the original system as it was received, where what was made of it does not
// tell everything: its feature is not here yet, it was refused, some of it was mended, or some of it has no place here.
// So nothing has to be imported twice, and what the row said can always be looked up.

export const legacyRowId = (table: string, row: string): string => `${table}_${row}`;

const WHY = ['laterFeature', 'refused', 'mended', 'noPlace'] as const;
export type WhyKept = (typeof WHY)[number];

const Received = {
  table: Id,
  row: Id,
  why: z.enum(WHY),
  /** By column; never a password. */
  values: health(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
};

export const commands = {
  KeepRow: z.strictObject({
    ...Received,
    patientId: Id.optional().describe('The patient whom the row tells about.'),
    doctorId: Id.optional(),
    hospitalId: Id.optional(),
  }),
};

export const events = {
  LegacyRowKept: event(z.object({ ...Received, at: Instant })),
};

export interface LegacyRow {
  readonly kept: boolean;
}

export const legacyRow = decider<LegacyRow>()({
  category: 'legacyRow',
  commands,
  events,
  initial: { kept: false },
  parties: (_, { patientId, doctorId, hospitalId }) => ({ patientId, doctorId, hospitalId }),
  decide: {
    KeepRow: ({ kept }, { table, row, why, values }, { at }) =>
      kept ? [] : [{ type: 'LegacyRowKept', data: { table, row, why, values, at } }],
  },
  evolve: { LegacyRowKept: () => ({ kept: true }) },
});

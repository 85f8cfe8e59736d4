import type { Money } from '../../domain/kernel/types.js';
import { bill } from '../../domain/payments/bill.js';
import { projection } from '../kernel/projection.js';

/** A bill that a hospital wrote by hand. */
export interface BillShown {
  readonly hospitalId: string;
  readonly patientId: string;
  readonly consultationFee?: Money;
  readonly reportFee?: Money;
  readonly total: Money;
  readonly note?: string;
  readonly status: 'pending' | 'paid' | 'cancelled';
  readonly writtenAt: string;
  /** Why it was called off. */
  readonly reason?: string;
  readonly paymentId?: string;
  /** The ETag of every command on it. */
  readonly revision: number;
}

const changed = (doc: BillShown | undefined, change: Partial<BillShown>): BillShown | null =>
  doc ? { ...doc, ...change } : null;

export const bills = projection<BillShown>()({
  name: 'bills',
  version: 1,
  from: bill.events,
  key: ({ data: { billId } }) => billId,
  indexes: {
    byPatient: ['patientId', 'writtenAt'],
    byHospitalStatus: ['hospitalId', 'status', 'writtenAt'],
  },
  parties: ({ hospitalId, patientId }) => ({ hospitalId, patientId }),
  phi: true,
  on: {
    BillWritten: (_, { data: { billId: __, at, ...written }, revision }) => ({
      ...written,
      status: 'pending',
      writtenAt: at,
      revision,
    }),
    BillCancelled: (doc, { data: { reason }, revision }) => changed(doc, { status: 'cancelled', reason, revision }),
    BillPaid: (doc, { data: { paymentId }, revision }) => changed(doc, { status: 'paid', paymentId, revision }),
  },
});

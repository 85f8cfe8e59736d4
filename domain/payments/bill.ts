import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant, Line, Money } from '../kernel/types.js';

// Stream bill-<billId>. What a hospital asks of a patient by hand, for what was not booked through the system. Inside it:
// the amounts are said once, what is paid cannot be called off. It is pending until it is paid or called off; paying it,
// its number and paying back are the payment's.

const FEE_MAX = 1_000_000_000;
const Fee = z.int().min(1).max(FEE_MAX).describe("in the smallest unit of the hospital's currency");

export const commands = {
  WriteBill: z.strictObject({
    hospitalId: Id,
    patientId: Id,
    consultationFee: Fee.optional(),
    reportFee: Fee.optional(),
    note: health(Line(300)).optional().describe('What the patient reads beside the amounts.'),
  }),
  CancelBill: z.strictObject({ reason: health(Line(300)) }),
  /** Sent by a reaction: the payment settled. */
  MarkBillPaid: z.strictObject({ paymentId: Id }),
};

const Whose = z.object({ billId: Id, hospitalId: Id, patientId: Id, at: Instant });

export const events = {
  BillWritten: event(
    Whose.extend({
      consultationFee: Money.optional(),
      reportFee: Money.optional(),
      total: Money,
      note: health(z.string()).optional(),
    }),
  ),
  BillCancelled: event(Whose.extend({ reason: health(z.string()) })),
  BillPaid: event(Whose.extend({ paymentId: Id })),
};

export type Bill =
  | {
      readonly hospitalId: string;
      readonly patientId: string;
      readonly total: Money;
      readonly status: 'pending' | 'paid' | 'cancelled';
    }
  | undefined;

export interface Facts {
  readonly patientKnown: boolean;
  readonly hospital?: { readonly registered: boolean; readonly currency: string } | undefined;
}

const known = (bill: Bill): NonNullable<Bill> => bill ?? reject('bill-unknown', 'There is no such bill.', 'missing');

const whose = (id: string, { hospitalId, patientId }: NonNullable<Bill>, at: string) => ({
  billId: id,
  hospitalId,
  patientId,
  at,
});

export const bill = decider<Bill, Facts>()({
  category: 'bill',
  commands,
  events,
  initial: undefined,
  parties: (bill, data) => ({
    hospitalId: bill?.hospitalId ?? data.hospitalId,
    patientId: bill?.patientId ?? data.patientId,
  }),

  decide: {
    WriteBill(bill, { hospitalId, patientId, consultationFee, reportFee, note }, { id, at, facts }) {
      if (bill) return [];
      const { currency, registered } = facts.hospital ?? { currency: '', registered: false };
      if (!registered) reject('hospital-unknown', 'There is no such hospital.', 'missing', 'hospitalId');
      if (!facts.patientKnown) reject('patient-unknown', 'There is no such patient.', 'missing', 'patientId');
      const amount = (consultationFee ?? 0) + (reportFee ?? 0);
      if (amount === 0) reject('fee-needed', 'A bill has a fee.', 'invalid', 'consultationFee');
      const money = (fee: number) => ({ amount: fee, currency });
      return [
        {
          type: 'BillWritten',
          data: {
            ...whose(id, { hospitalId, patientId, total: money(amount), status: 'pending' }, at),
            ...(consultationFee !== undefined && { consultationFee: money(consultationFee) }),
            ...(reportFee !== undefined && { reportFee: money(reportFee) }),
            total: money(amount),
            ...(note !== undefined && { note }),
          },
        },
      ];
    },
    CancelBill(state, { reason }, { id, at }) {
      const bill = known(state);
      if (bill.status === 'cancelled') return [];
      if (bill.status === 'paid') reject('already-paid', 'It is paid. Pay it back through its payment.');
      return [{ type: 'BillCancelled', data: { ...whose(id, bill, at), reason } }];
    },
    // Money that came for a bill that was called off meanwhile goes back by its payment.
    MarkBillPaid(state, { paymentId }, { id, at }) {
      const bill = known(state);
      return bill.status === 'pending' ? [{ type: 'BillPaid', data: { ...whose(id, bill, at), paymentId } }] : [];
    },
  },

  evolve: {
    BillWritten: (_, { hospitalId, patientId, total }) => ({ hospitalId, patientId, total, status: 'pending' }),
    BillCancelled: (bill) => bill && { ...bill, status: 'cancelled' },
    BillPaid: (bill) => bill && { ...bill, status: 'paid' },
  },
});

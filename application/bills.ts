import { hospital } from '../domain/organisations/hospital.js';
import { bill } from '../domain/payments/bill.js';
import { paymentIdOf, events as payments } from '../domain/payments/payment.js';
import { DomainCommand, handle } from './kernel/handle.js';
import { reaction, send } from './kernel/reaction.js';
import { isPatient } from './patients.js';
import { PaymentCommand } from './payments.js';

export class BillCommand extends DomainCommand<typeof bill> {}

export const handlers = [
  handle(BillCommand, bill, async ({ type, data }, { load }) => {
    if (type !== 'WriteBill') return { patientKnown: true };
    const [patientKnown, { status, currency }] = await Promise.all([
      isPatient(data.patientId, load),
      load(hospital, data.hospitalId),
    ]);
    return { patientKnown, hospital: { registered: status !== 'unregistered', currency } };
  }),
];

export const reactions = [
  reaction({
    name: 'mark-bill-paid-when-payment-settled',
    from: { PaymentSettled: payments.PaymentSettled },
    on: {
      PaymentSettled: ({ data: { purpose, objectId, paymentId } }) =>
        purpose === 'bill' ? [send(BillCommand, objectId, { type: 'MarkBillPaid', data: { paymentId } })] : [],
    },
  }),
  reaction({
    name: 'withdraw-payment-when-bill-is-called-off',
    from: { BillCancelled: bill.events.BillCancelled },
    on: {
      BillCancelled: ({ data: { billId } }) => [
        send(PaymentCommand, paymentIdOf('bill', billId), { type: 'WithdrawPayment', data: { reason: 'cancelled' } }),
      ],
    },
  }),
];

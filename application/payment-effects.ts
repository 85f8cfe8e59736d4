import type { Seen } from '../domain/kernel/event.js';
import { account } from '../domain/identity/account.js';
import { patient } from '../domain/patients/patient.js';
import type { Purpose } from '../domain/payments/bookkeeping.js';
import { payment } from '../domain/payments/payment.js';
import { type Difference, differenceOf, type GatewaySays, reconciliation } from '../domain/payments/reconciliation.js';
import { transaction } from '../domain/payments/transaction.js';
import { type GatewayAnswer, GatewayRefused, GatewayUnavailable } from './kernel/gateway.js';
import type { World } from './kernel/ports.js';
import { effect, type Outgoing, send } from './kernel/reaction.js';
import { PaymentCommand, ReconciliationCommand, TransactionCommand } from './payments.js';

/** What the payer reads on the gateway's page; it tells nothing about anybody's health. */
const PRODUCTS: Readonly<Record<Purpose, string>> = {
  appointment: 'Appointment',
  pharmacyOrder: 'Pharmacy order',
  labTest: 'Laboratory',
  bill: 'Hospital bill',
};

const { AttemptStarted, RefundRequested, RefundStarted, RefundCheckDue } = payment.events;
const { ReturnReceived, NotificationReceived, TransactionCheckDue } = transaction.events;

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** Asks about the validation id that a callback brought, or about the whole transaction. */
const ask = async (stream: string, validationId: string | undefined, { gateway }: World): Promise<Outgoing[]> => {
  const id = idOf(stream);
  const answer = await (validationId === undefined ? gateway.query(id) : gateway.validate(validationId));
  return [send(TransactionCommand, id, { type: 'RecordGatewayAnswer', data: { validationId, answer } })];
};

const heard = async (
  {
    stream,
    data: { status, validationId },
  }: Seen<typeof transaction.events, 'ReturnReceived' | 'NotificationReceived'>,
  world: World,
): Promise<Outgoing[]> => (status === 'valid' ? ask(stream, validationId, world) : []);

const askAboutRefund = async (stream: string, refundId: string, gatewayRefundId: string, { gateway }: World) => {
  const status = await gateway.queryRefund(gatewayRefundId);
  return [send(PaymentCommand, idOf(stream), { type: 'RecordRefundAnswer', data: { refundId, status } })];
};

export const effects = [
  effect({
    name: 'open-gateway-session-when-attempt-starts',
    from: { AttemptStarted },
    on: {
      AttemptStarted: async ({ stream, data: { transactionId, total } }, { load, gateway, publicUrl }) => {
        const paymentId = idOf(stream);
        const { opened } = await load(payment, paymentId);
        if (!opened) return [];
        const { patientId, hospitalId, purpose } = opened;
        const [{ name, email }, { phone }] = await Promise.all([load(account, patientId), load(patient, patientId)]);
        try {
          const session = await gateway.openSession({
            transactionId,
            total,
            returnUrl: `${publicUrl}/api/v1/payments/return`,
            notifyUrl: `${publicUrl}/api/v1/payments/notify`,
            // The gateway insists on all three; who has no address gets no mail from it.
            payer: {
              name: name ?? 'Patient',
              email: email ?? 'no-reply@healthstack.example',
              phone: phone?.e164 ?? '-',
            },
            product: PRODUCTS[purpose],
          });
          const data = { paymentId, patientId, hospitalId, total, ...session };
          return [send(TransactionCommand, transactionId, { type: 'RecordSession', data })];
        } catch (error) {
          // Somebody waits for the page: a clear end now, to be tried again by hand, rather than a page in an hour.
          if (!(error instanceof GatewayRefused || error instanceof GatewayUnavailable)) throw error;
          const data = { transactionId, reason: 'no-session' as const };
          return [send(PaymentCommand, paymentId, { type: 'DeclineAttempt', data })];
        }
      },
    },
  }),
  effect({
    name: 'ask-gateway-what-became-of-a-transaction',
    from: { ReturnReceived, NotificationReceived, TransactionCheckDue },
    on: {
      ReturnReceived: heard,
      NotificationReceived: heard,
      TransactionCheckDue: ({ stream }, world) => ask(stream, undefined, world),
    },
  }),
  effect({
    name: 'pay-back-when-refund-is-requested',
    from: { RefundRequested },
    on: {
      RefundRequested: async ({ stream, data: { refundId, bankTransactionId, total } }, { gateway }) => {
        const told = (status: 'processing' | 'failed', gatewayRefundId?: string) => [
          send(PaymentCommand, idOf(stream), {
            type: 'RecordRefundAnswer',
            data: { refundId, gatewayRefundId, status },
          }),
        ];
        if (bankTransactionId === undefined) return told('failed');
        try {
          const request = { bankTransactionId, refundId, total, remarks: `Refund ${refundId}` };
          const { gatewayRefundId } = await gateway.refund(request);
          return told('processing', gatewayRefundId);
        } catch (error) {
          if (error instanceof GatewayRefused) return told('failed');
          throw error;
        }
      },
    },
  }),
  effect({
    name: 'ask-gateway-what-became-of-a-refund',
    from: { RefundStarted, RefundCheckDue },
    on: {
      RefundStarted: ({ stream, data: { refundId, gatewayRefundId } }, world) =>
        askAboutRefund(stream, refundId, gatewayRefundId, world),
      RefundCheckDue: ({ stream, data: { refundId, gatewayRefundId } }, world) =>
        askAboutRefund(stream, refundId, gatewayRefundId, world),
    },
  }),
  effect({
    name: 'compare-transactions-with-gateway',
    from: { ComparisonStarted: reconciliation.events.ComparisonStarted },
    on: {
      ComparisonStarted: async ({ data: { day, run, part, from, to } }, world) => {
        const { listed } = await world.load(reconciliation, day);
        const compared = await inGroups(listed.slice(from, to), (one) => compare(one, world));
        const differences = compared.flatMap(({ difference }) => difference ?? []);
        const pending = compared.filter(({ answer }) => answer.status === 'pending').length;
        const recorded = { type: 'RecordComparison' as const, data: { run, part, differences, pending } };
        return [
          send(ReconciliationCommand, day, recorded),
          // Also told to the transactions themselves: one that never heard how it ended hears it now.
          ...compared.map(({ transactionId, answer }) =>
            send(TransactionCommand, transactionId, { type: 'RecordGatewayAnswer', data: { answer } }),
          ),
        ];
      },
    },
  }),
];

interface Compared {
  readonly transactionId: string;
  readonly answer: GatewayAnswer;
  readonly difference: Difference | undefined;
}

const compare = async (
  listed: { readonly transactionId: string; readonly paymentId: string },
  { load, gateway }: World,
): Promise<Compared> => {
  const { transactionId, paymentId } = listed;
  const [{ receipts }, answer] = await Promise.all([load(payment, paymentId), gateway.query(transactionId)]);
  const booked = Object.values(receipts).filter((receipt) => receipt.transactionId === transactionId);
  return { transactionId, answer, difference: differenceOf(listed, booked, saidBy(answer)) };
};

const saidBy = ({ status, validationId, total }: GatewayAnswer): GatewaySays => {
  if (status === 'pending') return 'pending';
  const paid = status === 'valid' || status === 'validated';
  return paid && validationId !== undefined && total ? { validationId, total } : 'nothing';
};

const AT_ONCE_MAX = 5;

const inGroups = async <T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE_MAX)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE_MAX).map(task))));
  return results;
};

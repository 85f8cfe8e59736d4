import { Body, Controller, Inject, Param, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { PAYMENT_GATEWAY, type PaymentGateway } from '../application/kernel/gateway.js';
import { BillCommand } from '../application/bills.js';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { PaymentCommand, ReconciliationCommand, TransactionCommand } from '../application/payments.js';
import { Day, Id } from '../domain/kernel/types.js';
import { commands as bills } from '../domain/payments/bill.js';
import { commands, paymentIdOf } from '../domain/payments/payment.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

const Open = commands.OpenPayment.meta({ id: 'OpenPayment' });
const Refund = commands.RequestRefund.meta({ id: 'RequestRefund' });
const Accept = commands.AcceptHeldPayment.meta({ id: 'AcceptHeldPayment' });

const Write = bills.WriteBill.meta({ id: 'WriteBill' });
const Cancel = bills.CancelBill.meta({ id: 'CancelBill' });

const inPath = { schema: Id };
const onDay = { schema: Day };

/** What the gateway posts; which fields it has is the gateway's to say, and which are believed is ours. */
const Form = z.record(z.string(), z.unknown());
const form = {
  schema: {
    type: 'object' as const,
    required: ['tran_id', 'status'] as string[],
    properties: Object.fromEntries(
      ['tran_id', 'status', 'val_id', 'verify_key', 'verify_sign', 'verify_sign_sha2'].map((name) => [
        name,
        { type: 'string' as const },
      ]),
    ),
  },
};

@Controller()
export class PaymentsController {
  constructor(
    @Inject(CommandBus) private readonly bus: CommandBus,
    @Inject(PAYMENT_GATEWAY) private readonly gateway: PaymentGateway,
  ) {}

  @CommandRoute('writeBill', 'bills', 'Asks a patient for fees of what was not booked; paid like everything else.')
  write(@Body({ schema: Write }) data: z.output<typeof Write>, @FromCaller() caller: Caller) {
    return this.sendBill(newId(caller, 'bill'), { type: 'WriteBill', data }, caller);
  }

  @CommandRoute('cancelBill', 'bills/:id/cancel', 'Calls off a bill that is not paid.')
  cancel(
    @Param('id', inPath) id: string,
    @Body({ schema: Cancel }) data: z.output<typeof Cancel>,
    @FromCaller() caller: Caller,
  ) {
    return this.sendBill(id, { type: 'CancelBill', data }, caller);
  }

  @CommandRoute('openPayment', 'payments', "Begins to pay for something; the payment's `pageUrl` is where it goes on.")
  open(@Body({ schema: Open }) data: z.output<typeof Open>, @FromCaller() caller: Caller) {
    const id = paymentIdOf(data.purpose, data.objectId);
    return this.send(id, { type: 'OpenPayment', data }, caller);
  }

  @CommandRoute('requestRefund', 'payments/:id/refund', 'Pays back a part, or all that is left.')
  refund(
    @Param('id', inPath) id: string,
    @Body({ schema: Refund }) data: z.output<typeof Refund>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RequestRefund', data }, caller);
  }

  @CommandRoute('acceptHeldPayment', 'payments/:id/accept', 'Takes money that the gateway thinks risky.')
  accept(
    @Param('id', inPath) id: string,
    @Body({ schema: Accept }) data: z.output<typeof Accept>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'AcceptHeldPayment', data }, caller);
  }

  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody(form)
  @CommandRoute('receiveReturn', 'payments/return', "The payer's browser comes back from the gateway.", {
    open: true,
    status: 303,
  })
  async returned(
    @Body({ schema: Form }) body: z.output<typeof Form>,
    @FromCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const accepted = await this.receive('return', body, caller);
    void reply.header('location', `/api/v1/payments/returned?transaction=${accepted.id}`);
    return accepted;
  }

  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody(form)
  @CommandRoute('receiveNotification', 'payments/notify', 'The gateway tells how a transaction ended.', {
    open: true,
    status: 200,
  })
  notified(@Body({ schema: Form }) body: z.output<typeof Form>, @FromCaller() caller: Caller) {
    return this.receive('notification', body, caller);
  }

  @CommandRoute('reconcileDay', 'reconciliations/:day/run', "Compares a day's transactions (UTC) with the gateway's.")
  reconcile(@Param('day', onDay) day: string, @FromCaller() caller: Caller) {
    const message = { type: 'ReconcileDay' as const, data: {} };
    return this.bus.execute(new ReconciliationCommand({ id: day, message, caller }));
  }

  private receive(via: 'return' | 'notification', body: z.output<typeof Form>, caller: Caller): Promise<Accepted> {
    const { transactionId, ...form } = this.gateway.readCallback(body);
    const message = { type: 'ReceiveCallback' as const, data: { via, ...form } };
    const about = { ...caller, purpose: 'HPAYMT' };
    return this.bus.execute(new TransactionCommand({ id: transactionId, message, caller: about }));
  }

  private sendBill(id: string, message: BillCommand['envelope']['message'], caller: Caller): Promise<Accepted> {
    return this.bus.execute(new BillCommand({ id, message, caller: { ...caller, purpose: 'HPAYMT' } }));
  }

  private send(id: string, message: PaymentCommand['envelope']['message'], caller: Caller): Promise<Accepted> {
    return this.bus.execute(new PaymentCommand({ id, message, caller: { ...caller, purpose: 'HPAYMT' } }));
  }
}

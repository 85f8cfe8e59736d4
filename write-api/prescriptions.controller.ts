import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Caller } from '../application/kernel/transact.js';
import { PrescriptionCommand } from '../application/prescriptions.js';
import { Id } from '../domain/kernel/types.js';
import { commands } from '../domain/prescriptions/prescription.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

type In<S extends z.ZodType> = z.output<S>;

const Issue = commands.IssuePrescription.meta({ id: 'IssuePrescription' });
const Amend = commands.AmendPrescription.meta({ id: 'AmendPrescription' });
const Cancel = commands.CancelPrescription.meta({ id: 'CancelPrescription' });
const Renew = commands.RenewPrescription.omit({ renews: true }).meta({ id: 'RenewPrescription' });

const inPath = { schema: Id };

@Controller('prescriptions')
export class PrescriptionsController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('issuePrescription', '', 'A doctor prescribes; a warning needs a reason of its own to pass.')
  issue(@Body({ schema: Issue }) data: In<typeof Issue>, @FromCaller() caller: Caller) {
    return this.send(newId(caller, 'prescription'), { type: 'IssuePrescription', data }, caller);
  }

  @CommandRoute('amendPrescription', ':id/amend', 'A new version; the old one stays provable.')
  amend(
    @Param('id', inPath) id: string,
    @Body({ schema: Amend }) data: In<typeof Amend>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'AmendPrescription', data }, caller);
  }

  @CommandRoute('cancelPrescription', ':id/cancel', 'Nothing is handed out on it any more.')
  cancel(
    @Param('id', inPath) id: string,
    @Body({ schema: Cancel }) data: In<typeof Cancel>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'CancelPrescription', data }, caller);
  }

  @CommandRoute('renewPrescription', ':id/renew', 'A new prescription of the same; the answer names it.')
  renew(
    @Param('id', inPath) renews: string,
    @Body({ schema: Renew }) data: In<typeof Renew>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(newId(caller, 'prescription'), { type: 'RenewPrescription', data: { renews, ...data } }, caller);
  }

  private send(id: string, message: PrescriptionCommand['envelope']['message'], caller: Caller) {
    return this.bus.execute(new PrescriptionCommand({ id, message, caller }));
  }
}

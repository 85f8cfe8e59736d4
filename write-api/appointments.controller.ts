import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { DoctorDayCommand } from '../application/appointments.js';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { AppointmentId } from '../domain/appointments/bookings.js';
import { commands, dayOfAppointment, doctorDayId, newAppointmentId } from '../domain/appointments/doctor-day.js';
import { Day, Id } from '../domain/kernel/types.js';
import { CommandRoute, FromCaller } from '../infrastructure/http/routes.js';

type Message = DoctorDayCommand['envelope']['message'];

// The day is the stream, so the door names it; the rest is the command's own.
const OnDay = { doctorId: Id, day: Day.describe('At the hospital.') };
const Hold = commands.HoldSlot.extend(OnDay).meta({ id: 'HoldSlot' });
const Request = commands.RequestAppointment.extend(OnDay).meta({ id: 'RequestAppointment' });
const Reason = commands.CancelAppointment.omit({ appointmentId: true }).meta({ id: 'Reason' });
const Reschedule = commands.RescheduleAppointment.omit({ appointmentId: true })
  .extend({ day: Day.optional().describe('Another day; left out for the same one.') })
  .meta({ id: 'RescheduleAppointment' });

const inPath = { schema: AppointmentId };

@Controller('appointments')
export class AppointmentsController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('holdSlot', 'hold', 'Holds a free slot for ten minutes.')
  hold(@Body({ schema: Hold }) { doctorId, day, ...data }: z.output<typeof Hold>, @FromCaller() caller: Caller) {
    return this.begin(doctorDayId(doctorId, day), { type: 'HoldSlot', data }, caller);
  }

  @CommandRoute('requestAppointment', '', 'Asks a doctor for a slot.')
  request(
    @Body({ schema: Request }) { doctorId, day, ...data }: z.output<typeof Request>,
    @FromCaller() caller: Caller,
  ) {
    return this.begin(doctorDayId(doctorId, day), { type: 'RequestAppointment', data }, caller, data.holdId);
  }

  @CommandRoute('releaseHold', ':id/release', 'Gives a held slot back.')
  release(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.change({ type: 'ReleaseHold', data: { appointmentId: id } }, caller);
  }

  @CommandRoute('confirmAppointment', ':id/confirm', 'The doctor or the hospital agrees; the patient gets a token.')
  confirm(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.change({ type: 'ConfirmAppointment', data: { appointmentId: id } }, caller);
  }

  @CommandRoute('rejectAppointment', ':id/reject', 'The doctor or the hospital declines.')
  reject(
    @Param('id', inPath) id: string,
    @Body({ schema: Reason }) { reason }: z.output<typeof Reason>,
    @FromCaller() caller: Caller,
  ) {
    return this.change({ type: 'RejectAppointment', data: { appointmentId: id, reason } }, caller);
  }

  @CommandRoute('cancelAppointment', ':id/cancel', 'An appointment that lies ahead is called off.')
  cancel(
    @Param('id', inPath) id: string,
    @Body({ schema: Reason }) { reason }: z.output<typeof Reason>,
    @FromCaller() caller: Caller,
  ) {
    return this.change({ type: 'CancelAppointment', data: { appointmentId: id, reason } }, caller);
  }

  @CommandRoute('rescheduleAppointment', ':id/reschedule', 'Moves an appointment to another slot, also of another day.')
  reschedule(
    @Param('id', inPath) id: string,
    @Body({ schema: Reschedule }) { start, day }: z.output<typeof Reschedule>,
    @FromCaller() caller: Caller,
  ) {
    const stays = day === undefined || dayOfAppointment(id).endsWith(`_${day}`);
    if (stays) return this.change({ type: 'RescheduleAppointment', data: { appointmentId: id, start } }, caller);
    const doctorId = dayOfAppointment(id).slice(0, -11);
    return this.begin(doctorDayId(doctorId, day), { type: 'TakeOver', data: { from: id, start } }, caller);
  }

  @CommandRoute('markArrived', ':id/arrive', 'The patient is here.')
  arrive(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.change({ type: 'MarkArrived', data: { appointmentId: id } }, caller);
  }

  @CommandRoute('markFulfilled', ':id/fulfil', 'The visit took place.')
  fulfil(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.change({ type: 'MarkFulfilled', data: { appointmentId: id } }, caller);
  }

  @CommandRoute('markMissed', ':id/no-show', 'The patient did not come.')
  missed(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.change({ type: 'MarkMissed', data: { appointmentId: id } }, caller);
  }

  /** A command that names a new appointment answers with its id. */
  private async begin(dayId: string, message: Message, caller: Caller, known?: string): Promise<Accepted> {
    const accepted = await this.bus.execute(new DoctorDayCommand({ id: dayId, message, caller }));
    return { ...accepted, id: known ?? newAppointmentId(dayId, caller.commandId) };
  }

  private async change(message: Message & { data: { appointmentId: string } }, caller: Caller): Promise<Accepted> {
    const { appointmentId } = message.data;
    const accepted = await this.bus.execute(
      new DoctorDayCommand({ id: dayOfAppointment(appointmentId), message, caller }),
    );
    return { ...accepted, id: appointmentId };
  }
}

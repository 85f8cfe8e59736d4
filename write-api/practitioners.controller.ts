import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { CredentialsCommand, PractitionerCommand } from '../application/practitioners.js';
import { Id } from '../domain/kernel/types.js';
import { commands as rows } from '../domain/practitioners/credentials.js';
import { commands } from '../domain/practitioners/practitioner.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

type In<S extends z.ZodType> = z.output<S>;

// What the path names is not said again in the body.
const Revise = commands.ReviseProfile.meta({ id: 'ReviseDoctor' });
const Request = commands.RequestRegistration.meta({ id: 'RequestRegistration' });
const Reject = commands.RejectRegistration.omit({ hospitalId: true }).meta({ id: 'RejectRegistration' });
const Schedule = commands.SetSchedule.meta({ id: 'SetSchedule' });
const Fees = commands.SetFees.meta({ id: 'SetFees' });
const Leave = commands.TakeLeave.omit({ leaveId: true }).meta({ id: 'TakeLeave' });
const AddEducation = rows.AddEducation.omit({ educationId: true }).meta({ id: 'AddEducation' });
const ReviseEducation = rows.ReviseEducation.omit({ educationId: true }).meta({ id: 'ReviseEducation' });
const AddExperience = rows.AddExperience.omit({ experienceId: true }).meta({ id: 'AddExperience' });
const ReviseExperience = rows.ReviseExperience.omit({ experienceId: true }).meta({ id: 'ReviseExperience' });

const inPath = { schema: Id };

@Controller('doctors')
export class PractitionersController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('reviseDoctor', ':id/revise', 'Changes the given fields of the profile and no other.')
  revise(
    @Param('id', inPath) id: string,
    @Body({ schema: Revise }) data: In<typeof Revise>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseProfile', data }, caller);
  }

  @CommandRoute('requestRegistration', ':id/registrations', 'A doctor asks a hospital to be one of its doctors.')
  request(
    @Param('id', inPath) id: string,
    @Body({ schema: Request }) data: In<typeof Request>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RequestRegistration', data }, caller);
  }

  @CommandRoute('acceptRegistration', ':id/registrations/:hospitalId/accept', 'The hospital takes the doctor.')
  accept(
    @Param('id', inPath) id: string,
    @Param('hospitalId', inPath) hospitalId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'AcceptRegistration', data: { hospitalId } }, caller);
  }

  @CommandRoute(
    'rejectRegistration',
    ':id/registrations/:hospitalId/reject',
    'The hospital declines the doctor, or parts with one whom it had accepted.',
  )
  reject(
    @Param('id', inPath) id: string,
    @Param('hospitalId', inPath) hospitalId: string,
    @Body({ schema: Reject }) data: In<typeof Reject>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RejectRegistration', data: { hospitalId, ...data } }, caller);
  }

  @CommandRoute('setSchedule', ':id/set-schedule', 'The hours of a week at a hospital, and how long one visit is.')
  schedule(
    @Param('id', inPath) id: string,
    @Body({ schema: Schedule }) data: In<typeof Schedule>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'SetSchedule', data }, caller);
  }

  @CommandRoute('setFees', ':id/set-fees', 'What a visit of each type costs at a hospital.')
  fees(@Param('id', inPath) id: string, @Body({ schema: Fees }) data: In<typeof Fees>, @FromCaller() caller: Caller) {
    return this.send(id, { type: 'SetFees', data }, caller);
  }

  @CommandRoute('takeLeave', ':id/leave', 'The doctor is away; open appointments move or are cancelled.')
  takeLeave(
    @Param('id', inPath) id: string,
    @Body({ schema: Leave }) data: In<typeof Leave>,
    @FromCaller() caller: Caller,
  ) {
    const leaveId = newId(caller, 'leave');
    return this.send(id, { type: 'TakeLeave', data: { leaveId, ...data } }, caller, leaveId);
  }

  @CommandRoute('withdrawLeave', ':id/leave/:leaveId/withdraw', 'The doctor is here after all.')
  withdrawLeave(
    @Param('id', inPath) id: string,
    @Param('leaveId', inPath) leaveId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'WithdrawLeave', data: { leaveId } }, caller, leaveId);
  }

  @CommandRoute('addEducation', ':id/education', 'Adds a degree; the answer names the entry.')
  addEducation(
    @Param('id', inPath) id: string,
    @Body({ schema: AddEducation }) data: In<typeof AddEducation>,
    @FromCaller() caller: Caller,
  ) {
    const educationId = newId(caller, 'education');
    return this.record(id, { type: 'AddEducation', data: { educationId, ...data } }, caller, educationId);
  }

  @CommandRoute('reviseEducation', ':id/education/:entryId/revise', 'Changes the given fields and no other.')
  reviseEducation(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) educationId: string,
    @Body({ schema: ReviseEducation }) data: In<typeof ReviseEducation>,
    @FromCaller() caller: Caller,
  ) {
    return this.record(id, { type: 'ReviseEducation', data: { educationId, ...data } }, caller, educationId);
  }

  @CommandRoute('removeEducation', ':id/education/:entryId/remove', 'Takes a degree away.')
  removeEducation(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) educationId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.record(id, { type: 'RemoveEducation', data: { educationId } }, caller, educationId);
  }

  @CommandRoute('addExperience', ':id/experience', 'Adds a post; the answer names the entry.')
  addExperience(
    @Param('id', inPath) id: string,
    @Body({ schema: AddExperience }) data: In<typeof AddExperience>,
    @FromCaller() caller: Caller,
  ) {
    const experienceId = newId(caller, 'experience');
    return this.record(id, { type: 'AddExperience', data: { experienceId, ...data } }, caller, experienceId);
  }

  @CommandRoute('reviseExperience', ':id/experience/:entryId/revise', 'Changes the given fields and no other.')
  reviseExperience(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) experienceId: string,
    @Body({ schema: ReviseExperience }) data: In<typeof ReviseExperience>,
    @FromCaller() caller: Caller,
  ) {
    return this.record(id, { type: 'ReviseExperience', data: { experienceId, ...data } }, caller, experienceId);
  }

  @CommandRoute('removeExperience', ':id/experience/:entryId/remove', 'Takes a post away.')
  removeExperience(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) experienceId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.record(id, { type: 'RemoveExperience', data: { experienceId } }, caller, experienceId);
  }

  /** `about` is what the answer names, where it is not the doctor. */
  private async send(
    id: string,
    message: PractitionerCommand['envelope']['message'],
    caller: Caller,
    about = id,
  ): Promise<Accepted> {
    const accepted = await this.bus.execute(new PractitionerCommand({ id, message, caller }));
    return { ...accepted, id: about };
  }

  private async record(
    id: string,
    message: CredentialsCommand['envelope']['message'],
    caller: Caller,
    about: string,
  ): Promise<Accepted> {
    const accepted = await this.bus.execute(new CredentialsCommand({ id, message, caller }));
    return { ...accepted, id: about };
  }
}

import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { PatientCommand } from '../application/patients.js';
import { Id } from '../domain/kernel/types.js';
import { commands } from '../domain/patients/patient.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

type In<S extends z.ZodType> = z.output<S>;

// What the path names is not said again in the body.
const Revise = commands.ReviseProfile.meta({ id: 'RevisePatient' });
const AddAllergy = commands.AddAllergy.omit({ allergyId: true }).meta({ id: 'AddAllergy' });
const CorrectAllergy = commands.CorrectAllergy.omit({ allergyId: true }).meta({ id: 'CorrectAllergy' });
const AddCondition = commands.AddCondition.omit({ conditionId: true }).meta({ id: 'AddCondition' });
const CorrectCondition = commands.CorrectCondition.omit({ conditionId: true }).meta({ id: 'CorrectCondition' });
const Remove = commands.RemoveAllergy.omit({ allergyId: true }).meta({ id: 'RemoveEntry' });

const inPath = { schema: Id };

@Controller('patients')
export class PatientsController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('revisePatient', ':id/revise', 'Changes the given fields of the profile and no other.')
  revise(
    @Param('id', inPath) id: string,
    @Body({ schema: Revise }) data: In<typeof Revise>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseProfile', data }, caller);
  }

  @CommandRoute('addAllergy', ':id/allergies', 'Records what must not be given; the answer names the entry.')
  addAllergy(
    @Param('id', inPath) id: string,
    @Body({ schema: AddAllergy }) data: In<typeof AddAllergy>,
    @FromCaller() caller: Caller,
  ) {
    const allergyId = newId(caller, 'allergy');
    return this.send(id, { type: 'AddAllergy', data: { allergyId, ...data } }, caller, allergyId);
  }

  @CommandRoute('correctAllergy', ':id/allergies/:entryId/correct', 'Changes the given fields and no other.')
  correctAllergy(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) allergyId: string,
    @Body({ schema: CorrectAllergy }) data: In<typeof CorrectAllergy>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'CorrectAllergy', data: { allergyId, ...data } }, caller, allergyId);
  }

  @CommandRoute('removeAllergy', ':id/allergies/:entryId/remove', 'Takes an allergy away, with the reason.')
  removeAllergy(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) allergyId: string,
    @Body({ schema: Remove }) data: In<typeof Remove>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveAllergy', data: { allergyId, ...data } }, caller, allergyId);
  }

  @CommandRoute('addCondition', ':id/conditions', 'Records a condition; the answer names the entry.')
  addCondition(
    @Param('id', inPath) id: string,
    @Body({ schema: AddCondition }) data: In<typeof AddCondition>,
    @FromCaller() caller: Caller,
  ) {
    const conditionId = newId(caller, 'condition');
    return this.send(id, { type: 'AddCondition', data: { conditionId, ...data } }, caller, conditionId);
  }

  @CommandRoute('correctCondition', ':id/conditions/:entryId/correct', 'Changes the given fields and no other.')
  correctCondition(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) conditionId: string,
    @Body({ schema: CorrectCondition }) data: In<typeof CorrectCondition>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'CorrectCondition', data: { conditionId, ...data } }, caller, conditionId);
  }

  @CommandRoute('removeCondition', ':id/conditions/:entryId/remove', 'Takes a condition away, with the reason.')
  removeCondition(
    @Param('id', inPath) id: string,
    @Param('entryId', inPath) conditionId: string,
    @Body({ schema: Remove }) data: In<typeof Remove>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveCondition', data: { conditionId, ...data } }, caller, conditionId);
  }

  /** `about` is what the answer names, where it is an entry of the patient's. */
  private async send(
    id: string,
    message: PatientCommand['envelope']['message'],
    caller: Caller,
    about = id,
  ): Promise<Accepted> {
    const accepted = await this.bus.execute(new PatientCommand({ id, message, caller }));
    return { ...accepted, id: about };
  }
}

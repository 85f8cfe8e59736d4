import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Accepted, Caller } from '../application/kernel/transact.js';
import { HospitalCommand } from '../application/organisations.js';
import { Id } from '../domain/kernel/types.js';
import { commands } from '../domain/organisations/hospital.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

type Message = HospitalCommand['envelope']['message'];
type In<S extends z.ZodType> = z.output<S>;

// What the path names is not said again in the body.
const AddDepartment = commands.AddDepartment.omit({ departmentId: true }).meta({ id: 'AddDepartment' });
const ReviseDepartment = commands.ReviseDepartment.omit({ departmentId: true }).meta({ id: 'ReviseDepartment' });
const Named = commands.AddService.omit({ serviceId: true }).meta({ id: 'Named' });
const Register = commands.RegisterHospital.meta({ id: 'RegisterHospital' });
const Revise = commands.ReviseHospital.meta({ id: 'ReviseHospital' });
const Capacity = commands.ReviseCapacity.meta({ id: 'ReviseCapacity' });
const Close = commands.CloseHospital.meta({ id: 'CloseHospital' });

const inPath = { schema: Id };

@Controller('hospitals')
export class OrganisationsController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('registerHospital', '', 'A hospital joins the platform.')
  register(@Body({ schema: Register }) data: In<typeof Register>, @FromCaller() caller: Caller) {
    return this.send(newId(caller, 'hospital'), { type: 'RegisterHospital', data }, caller);
  }

  @CommandRoute('reviseHospital', ':id/revise', 'Changes the given fields and no other; null takes one away.')
  revise(
    @Param('id', inPath) id: string,
    @Body({ schema: Revise }) data: In<typeof Revise>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseHospital', data }, caller);
  }

  @CommandRoute('reviseCapacity', ':id/revise-capacity', 'How many beds of each kind there are.')
  capacity(
    @Param('id', inPath) id: string,
    @Body({ schema: Capacity }) data: In<typeof Capacity>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseCapacity', data }, caller);
  }

  @CommandRoute('closeHospital', ':id/close', 'The hospital is no longer listed and takes no new doctors.')
  close(
    @Param('id', inPath) id: string,
    @Body({ schema: Close }) data: In<typeof Close>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'CloseHospital', data }, caller);
  }

  @CommandRoute('reopenHospital', ':id/reopen', 'The hospital is listed again.')
  reopen(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.send(id, { type: 'ReopenHospital', data: {} }, caller);
  }

  @CommandRoute('addDepartment', ':id/departments', 'Adds a department; the answer names it.')
  addDepartment(
    @Param('id', inPath) id: string,
    @Body({ schema: AddDepartment }) data: In<typeof AddDepartment>,
    @FromCaller() caller: Caller,
  ) {
    const departmentId = newId(caller, 'department');
    return this.send(id, { type: 'AddDepartment', data: { departmentId, ...data } }, caller, departmentId);
  }

  @CommandRoute('reviseDepartment', ':id/departments/:departmentId/revise', 'Changes the given fields and no other.')
  reviseDepartment(
    @Param('id', inPath) id: string,
    @Param('departmentId', inPath) departmentId: string,
    @Body({ schema: ReviseDepartment }) data: In<typeof ReviseDepartment>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseDepartment', data: { departmentId, ...data } }, caller, departmentId);
  }

  @CommandRoute('removeDepartment', ':id/departments/:departmentId/remove', 'Takes a department away.')
  removeDepartment(
    @Param('id', inPath) id: string,
    @Param('departmentId', inPath) departmentId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveDepartment', data: { departmentId } }, caller, departmentId);
  }

  @CommandRoute('addService', ':id/services', 'Adds a service; the answer names it.')
  addService(
    @Param('id', inPath) id: string,
    @Body({ schema: Named }) data: In<typeof Named>,
    @FromCaller() caller: Caller,
  ) {
    const serviceId = newId(caller, 'service');
    return this.send(id, { type: 'AddService', data: { serviceId, ...data } }, caller, serviceId);
  }

  @CommandRoute('renameService', ':id/services/:serviceId/rename', 'Gives a service another name.')
  renameService(
    @Param('id', inPath) id: string,
    @Param('serviceId', inPath) serviceId: string,
    @Body({ schema: Named }) data: In<typeof Named>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RenameService', data: { serviceId, ...data } }, caller, serviceId);
  }

  @CommandRoute('removeService', ':id/services/:serviceId/remove', 'Takes a service away.')
  removeService(
    @Param('id', inPath) id: string,
    @Param('serviceId', inPath) serviceId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveService', data: { serviceId } }, caller, serviceId);
  }

  @CommandRoute('addSpecialisation', ':id/specialisations', 'Adds a specialisation; the answer names it.')
  addSpecialisation(
    @Param('id', inPath) id: string,
    @Body({ schema: Named }) data: In<typeof Named>,
    @FromCaller() caller: Caller,
  ) {
    const specialisationId = newId(caller, 'specialisation');
    return this.send(id, { type: 'AddSpecialisation', data: { specialisationId, ...data } }, caller, specialisationId);
  }

  @CommandRoute(
    'renameSpecialisation',
    ':id/specialisations/:specialisationId/rename',
    'Gives a specialisation another name.',
  )
  renameSpecialisation(
    @Param('id', inPath) id: string,
    @Param('specialisationId', inPath) specialisationId: string,
    @Body({ schema: Named }) data: In<typeof Named>,
    @FromCaller() caller: Caller,
  ) {
    const message = { type: 'RenameSpecialisation' as const, data: { specialisationId, ...data } };
    return this.send(id, message, caller, specialisationId);
  }

  @CommandRoute('removeSpecialisation', ':id/specialisations/:specialisationId/remove', 'Takes a specialisation away.')
  removeSpecialisation(
    @Param('id', inPath) id: string,
    @Param('specialisationId', inPath) specialisationId: string,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveSpecialisation', data: { specialisationId } }, caller, specialisationId);
  }

  /** `about` is what the answer names, where it is a part of the hospital. */
  private async send(id: string, message: Message, caller: Caller, about = id): Promise<Accepted> {
    const accepted = await this.bus.execute(new HospitalCommand({ id, message, caller }));
    return { ...accepted, id: about };
  }
}

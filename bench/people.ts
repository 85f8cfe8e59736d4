import { v5 as uuidv5 } from 'uuid';
import { HospitalCommand } from '../application/organisations.js';
import { PractitionerCommand } from '../application/practitioners.js';
import type { Caller } from '../application/kernel/transact.js';
import type { System } from '../system.js';

const IDS = '5b0f3a51-64c5-4a8f-8f43-9c6d2c1f7a10';
const DOCTORS = 64;

/** The same name is the same id, in every run. */
export const idOf = (name: string): string => uuidv5(name, IDS);

/** A caller that is nobody in particular; the same step is the same command. */
export const callerOf = (what: string): Caller => {
  const commandId = idOf(what);
  return {
    actor: { id: 'bench', role: 'system' },
    commandId,
    correlationId: commandId,
    causationId: commandId,
    purpose: 'HOPERAT',
  };
};

// A full day of a busy doctor: 48 visits.
const allDay = [{ from: '09:00', to: '21:00' }];
const hours = { mon: allDay, tue: allDay, wed: allDay, thu: allDay, fri: allDay, sat: allDay, sun: allDay };

/** A hospital whose doctors see patients all day, every day. */
export const hospitalWithDoctors = async ({ bus }: System): Promise<{ hospitalId: string; doctorIds: string[] }> => {
  const hospitalId = idOf('hospital');
  const atHospital = (message: HospitalCommand['envelope']['message'], n = 0) =>
    bus.execute(new HospitalCommand({ id: hospitalId, message, caller: callerOf(`${message.type} ${n}`) }));
  const [departmentId, specialisationId] = [idOf('department'), idOf('specialisation')];
  await atHospital({
    type: 'RegisterHospital',
    data: { name: 'Green', type: 'private', address: 'Road 1', timeZone: 'Asia/Dhaka', currency: 'BDT' },
  });
  await atHospital({ type: 'AddDepartment', data: { departmentId, name: 'Cardiology' } });
  await atHospital({ type: 'AddSpecialisation', data: { specialisationId, name: 'Heart' } });
  const fee = { amount: 80_000, currency: 'BDT' };
  const doctorIds = Array.from({ length: DOCTORS }, (_, i) => idOf(`doctor ${i}`));
  for (const id of doctorIds) {
    const send = (message: PractitionerCommand['envelope']['message']) =>
      bus.execute(new PractitionerCommand({ id, message, caller: callerOf(`${id} ${message.type}`) }));
    await send({ type: 'BeginProfile', data: { name: 'A doctor' } });
    await send({ type: 'RequestRegistration', data: { hospitalId, departmentId, specialisationId } });
    await send({ type: 'AcceptRegistration', data: { hospitalId } });
    await send({ type: 'SetSchedule', data: { hospitalId, slotMinutes: 15, hours } });
    await send({ type: 'SetFees', data: { hospitalId, checkUp: fee, report: fee } });
  }
  return { hospitalId, doctorIds };
};

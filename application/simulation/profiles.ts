import type { Actor } from '../../domain/kernel/envelope.js';
import type { WeeklyHours } from '../../domain/kernel/week.js';
import { HospitalCommand } from '../organisations.js';
import { PatientCommand } from '../patients.js';
import { CredentialsCommand, PractitionerCommand } from '../practitioners.js';
import { addressBy, type Name, nameBy, phoneBy } from './names.js';
import type { Random } from './random.js';
import { ALLERGIES, SERVICES, SPECIALTIES, type Specialty } from './specialties.js';
import type { Moment, Stage } from './stage.js';
import { type Doctor, type Place, taka } from './world.js';

const HOSPITALS = ['Shapla', 'Meghna', 'Kadam', 'Padma', 'Bokul', 'Surma', 'Jamuna', 'Teesta', 'Shiuli', 'Karnaphuli'];

const departmentOf = (stage: Stage, hospitalId: string, { department }: Specialty): string =>
  stage.id(`${hospitalId} ${department}`);

const specialisationOf = (stage: Stage, hospitalId: string, { specialisation }: Specialty): string =>
  stage.id(`${hospitalId} specialisation ${specialisation}`);

/** Registers a hospital with all departments. */
export const openHospital = async (now: Moment, id: string, i: number, platform: Actor): Promise<void> => {
  const { random, stage } = now;
  const name = `${HOSPITALS[i % HOSPITALS.length]!} ${i % 3 === 2 ? 'Medical College Hospital' : 'Hospital'}`;
  const open = [{ from: '08:00', to: '21:00' }];
  await now.send(platform, HospitalCommand, id, {
    type: 'RegisterHospital',
    data: {
      name: i < HOSPITALS.length ? name : `${name} ${Math.floor(i / HOSPITALS.length) + 1}`,
      type: i % 3 === 2 ? 'public' : 'private',
      address: addressBy(random),
      timeZone: 'Asia/Dhaka',
      currency: 'BDT',
      phone: phoneBy(random),
      email: `hospital.${i + 1}@healthstack.example`,
      position: { latitude: 23.7 + random.int(0, 200) / 1_000, longitude: 90.35 + random.int(0, 100) / 1_000 },
      openingHours: { mon: open, tue: open, wed: open, thu: open, fri: open, sat: open, sun: open },
      fees: { checkUp: taka(800), report: taka(300) },
      capacity: {
        general: random.int(40, 200),
        icu: random.int(4, 20),
        regularCabin: 30,
        emergencyCabin: 8,
        vipCabin: 4,
      },
    },
  });
  for (const specialty of SPECIALTIES) {
    const departmentId = departmentOf(stage, id, specialty);
    const specialisationId = specialisationOf(stage, id, specialty);
    const { department, specialisation } = specialty;
    await now.send(platform, HospitalCommand, id, { type: 'AddDepartment', data: { departmentId, name: department } });
    await now.send(platform, HospitalCommand, id, {
      type: 'AddSpecialisation',
      data: { specialisationId, name: specialisation },
    });
  }
  for (const service of random.sample(SERVICES, 3))
    await now.send(platform, HospitalCommand, id, {
      type: 'AddService',
      data: { serviceId: stage.id(`${id} ${service}`), name: service },
    });
};

const MORNING = [{ from: '09:00', to: '13:00' }];
const EVENING = [{ from: '16:00', to: '20:00' }];
/** A working week without Friday; some work on two of these days, some on three. */
const HALVES = [
  ['sat', 'mon', 'wed'],
  ['sun', 'tue', 'thu'],
] as const;

/** Where and when a doctor works. The first one is there every day, so that there is something to see on each. */
export const workOf = (random: Random, i: number, places: readonly Place[]): Doctor['work'] => {
  const slotMinutes = random.pick([15, 20]);
  const place = places[i % places.length]!;
  if (i === 0) {
    const hours = { mon: MORNING, tue: MORNING, wed: MORNING, thu: MORNING, fri: MORNING, sat: MORNING, sun: MORNING };
    return [{ place, slotMinutes, hours }];
  }
  const [days, others] = random.sample(HALVES) as unknown as typeof HALVES;
  const on = (chosen: readonly string[], span: typeof MORNING): WeeklyHours =>
    Object.fromEntries(chosen.map((day) => [day, span]));
  const first = { place, slotMinutes, hours: on(days, random.pick([MORNING, EVENING])) };
  const elsewhere = places.length > 1 && random.chance(0.25);
  const second = { place: places[(i + 1) % places.length]!, slotMinutes, hours: on(others.slice(0, 1), EVENING) };
  return elsewhere ? [first, second] : [first];
};

const INSTITUTES = ['Dhaka Medical College', 'Sylhet MAG Osmani Medical College', 'Chattogram Medical College'];

/** A doctor tells of themselves and asks the hospitals where they work. Who was refused first asks again. */
export const joinHospital = async (
  now: Moment,
  doctor: Doctor,
  welcome: 'taken' | 'refusedFirst' | 'waits',
): Promise<void> => {
  const { random } = now;
  const { id, actor, specialty } = doctor;
  const year = random.int(1995, 2015);
  await now.send(actor, PractitionerCommand, id, {
    type: 'ReviseProfile',
    data: {
      phone: phoneBy(random),
      description: `${specialty.specialisation}. ${Number(now.at.slice(0, 4)) - year} years at the bedside.`,
      dateOfBirth: `${year - 25}-${String(random.int(1, 12)).padStart(2, '0')}-15`,
    },
  });
  await now.send(actor, CredentialsCommand, id, {
    type: 'AddEducation',
    data: { educationId: now.id('mbbs'), degree: 'MBBS', institute: random.pick(INSTITUTES), completedIn: year },
  });
  await now.send(actor, CredentialsCommand, id, {
    type: 'AddExperience',
    data: {
      experienceId: now.id('experience'),
      workplace: random.pick(INSTITUTES),
      designation: 'Registrar',
      from: year + 1,
      to: year + 5,
    },
  });
  for (const work of doctor.work) {
    await ask(now, doctor, work.place);
    if (welcome === 'waits') continue;
    if (welcome === 'refusedFirst') {
      const reason = 'The certificate of registration with the council is missing.';
      now.after(120, (later) => answer(later, doctor, work.place, reason));
      now.after(2 * 24 * 60, (later) => ask(later, doctor, work.place));
      now.after(3 * 24 * 60, (later) => takeUp(later, doctor, work));
    } else now.after(15, (later) => takeUp(later, doctor, work));
  }
};

const ask = async (now: Moment, { id, actor, specialty }: Doctor, { id: hospitalId }: Place): Promise<void> => {
  const departmentId = departmentOf(now.stage, hospitalId, specialty);
  const specialisationId = specialisationOf(now.stage, hospitalId, specialty);
  const data = { hospitalId, departmentId, specialisationId };
  await now.send(actor, PractitionerCommand, id, { type: 'RequestRegistration', data });
};

const answer = async (now: Moment, { id }: Doctor, { id: hospitalId, administrator }: Place, refusal?: string) => {
  await now.send(
    administrator,
    PractitionerCommand,
    id,
    refusal === undefined
      ? { type: 'AcceptRegistration', data: { hospitalId } }
      : { type: 'RejectRegistration', data: { hospitalId, reason: refusal } },
  );
};

const takeUp = async (now: Moment, doctor: Doctor, work: Doctor['work'][number]): Promise<void> => {
  const { place, slotMinutes, hours } = work;
  const hospitalId = place.id;
  await answer(now, doctor, place);
  await now.send(doctor.actor, PractitionerCommand, doctor.id, {
    type: 'SetSchedule',
    data: { hospitalId, slotMinutes, hours },
  });
  const checkUp = taka(now.random.int(5, 15) * 100);
  const report = taka(now.random.int(2, 4) * 100);
  await now.send(doctor.actor, PractitionerCommand, doctor.id, {
    type: 'SetFees',
    data: { hospitalId, checkUp, report },
  });
};

const BLOOD = [
  ['O+', 33],
  ['B+', 32],
  ['A+', 22],
  ['AB+', 8],
  ['O-', 2],
  ['B-', 1],
  ['A-', 1],
  ['AB-', 1],
] as const;

/** A patient fills in the profile; one in five must not be given something, as the one who is told so. */
export const tellOfThemselves = async (
  now: Moment,
  actor: Actor,
  gender: Name['gender'],
  mustNotHave = now.random.chance(1 / 5) ? now.random.pick(ALLERGIES) : undefined,
): Promise<void> => {
  const { random } = now;
  const { id } = actor;
  const born = `${random.int(1945, 2018)}-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`;
  const kin = nameBy(random);
  await now.send(actor, PatientCommand, id, {
    type: 'ReviseProfile',
    data: {
      gender,
      dateOfBirth: born,
      bloodGroup: random.weighted(BLOOD),
      phone: phoneBy(random),
      address: addressBy(random),
      emergencyContact: {
        name: kin.latin,
        relationship: random.pick(['mother', 'brother', 'wife', 'husband']),
        phone: phoneBy(random),
      },
    },
  });
  if (!mustNotHave) return;
  const data = { allergyId: now.id('allergy'), ...mustNotHave };
  await now.send(actor, PatientCommand, id, { type: 'AddAllergy', data });
};

import type { RoleHeld } from '../../domain/identity/roles.js';
import type { Actor, Role } from '../../domain/kernel/envelope.js';
import { MedicineCommand } from '../pharmacy.js';
import { dayAfter, momentOf } from './calendar.js';
import { DEMO_ALLERGY, demoLogin, type DemoRole } from './demo.js';
import { FORMULARY } from './formulary.js';
import { nameBy } from './names.js';
import { joinHospital, openHospital, tellOfThemselves, workOf } from './profiles.js';
import { SPECIALTIES } from './specialties.js';
import type { Moment, Stage } from './stage.js';
import type { Doctor, Patient, Place, World } from './world.js';

export interface Size {
  readonly hospitals: number;
  readonly doctors: number;
  readonly patients: number;
  readonly days: number;
}

/** The operator of the platform, who admits those who cannot register themselves. */
const PLATFORM: Actor = { id: 'simulation', role: 'system' };

const WELCOMES = ['waits', 'refusedFirst'] as const;

/** Admits everybody on the first morning, or on the day that they come, and opens hospitals and pharmacies. */
export const gather = (stage: Stage, size: Size, first: string, passwordHash: string): World => {
  const opening = momentOf(first, '06:00');
  const admit = async (now: Moment, id: string, login: string, name: string, role: RoleHeld, actor: Actor) => {
    const person = { accountId: id, login, email: login, name, roles: [role], passwordHash };
    await stage.system.doors.admit(person, now.caller(actor));
  };
  const staff = (role: Role, demo: DemoRole | undefined, key: string, hospitalId?: string): Actor => {
    const id = stage.id(key);
    stage.plan(opening, key, (now) => {
      const name = nameBy(now.random).latin;
      const login = demo ? demoLogin(demo) : `${key.replaceAll(' ', '.')}@healthstack.example`;
      return admit(now, id, login, name, { role, ...(hospitalId !== undefined && { hospitalId }) }, PLATFORM);
    });
    return { id, role };
  };

  const platform = staff('hospitalAdministrator', 'platform administrator', 'platform administrator');
  staff('complianceOfficer', 'compliance officer', 'compliance officer');
  staff('consumer', 'consumer', 'consumer');

  const places = Array.from({ length: size.hospitals }, (_, i): Place => {
    const id = stage.id(`hospital ${i}`);
    const demo = (role: DemoRole) => (i === 0 ? role : undefined);
    stage.plan(opening, `hospital ${i}`, (now) => openHospital(now, id, i, platform));
    staff('labWorker', demo('lab worker'), `lab worker ${i}`, id);
    const administrator = staff('hospitalAdministrator', demo('hospital administrator'), `administrator ${i}`, id);
    // Nobody has answered this one yet when the month ends.
    const invites = momentOf(dayAfter(first, Math.max(0, size.days - 2)), '11:00');
    stage.plan(invites, `invitation ${i}`, async (now) => {
      const email = `invited.${i + 1}@healthstack.example`;
      await stage.system.doors.invite({ email, role: 'labWorker', hospitalId: id }, now.caller(administrator));
    });
    return { id, administrator, pharmacist: staff('pharmacist', demo('pharmacist'), `pharmacist ${i}`, id) };
  });

  const register = (role: 'doctor' | 'patient', key: string, login: string, when: number) => {
    const id = stage.id(key);
    const actor: Actor = { id, role };
    const random = stage.chance(`${key} name`);
    const { latin, bangla, gender } = nameBy(random);
    const name = role === 'doctor' ? `Dr. ${latin}` : random.chance(0.3) ? bangla : latin;
    stage.plan(when, key, (now) => admit(now, id, login, name, { role }, actor));
    return { id, actor, gender };
  };

  const doctors = Array.from({ length: size.doctors }, (_, i): Doctor => {
    const key = `doctor ${i}`;
    const login = i === 0 ? demoLogin('doctor') : `doctor.${i + 1}@healthstack.example`;
    const { id, actor } = register('doctor', key, login, opening);
    const random = stage.chance(`${key} work`);
    const specialty = SPECIALTIES[i % SPECIALTIES.length]!;
    // The last one asks the first hospital when the month ends; the one before is refused first.
    const welcome = size.doctors < 4 ? 'taken' : (WELCOMES[size.doctors - 1 - i] ?? 'taken');
    const work = workOf(random, i, welcome === 'waits' ? places.slice(0, 1) : places);
    const from = { taken: first, refusedFirst: dayAfter(first, 4), waits: undefined }[welcome];
    const doctor: Doctor = { id, actor, specialty, work, from };
    const asks = welcome === 'waits' ? momentOf(dayAfter(first, size.days - 2), '10:00') : opening + 15 * 60_000;
    stage.plan(asks, `${key} asks`, (now) => joinHospital(now, doctor, welcome));
    return doctor;
  });

  const patients = Array.from({ length: size.patients }, (_, i): Patient => {
    const key = `patient ${i}`;
    // Seven in ten are known from the first day.
    const late = Math.max(0, (i + 1) / size.patients - 0.7) / 0.3;
    const from = dayAfter(first, Math.floor(late * (size.days - 1)));
    const login = i === 0 ? demoLogin('patient') : `patient.${i + 1}@healthstack.example`;
    const comes = from === first ? opening : momentOf(from, '07:00');
    const { id, actor, gender } = register('patient', key, login, comes);
    stage.plan(comes + 15 * 60_000, `${key} tells`, (now) =>
      tellOfThemselves(now, actor, gender, i === 0 ? DEMO_ALLERGY : undefined),
    );
    return { id, actor, from };
  });

  const products = new Map(FORMULARY.map((product) => [product.key, { ...product, id: stage.id(product.key) }]));
  for (const { key, delivery: _, id, ...data } of products.values())
    stage.plan(opening + 15 * 60_000, `medicine ${key}`, async (now) => {
      await now.send(places[0]!.pharmacist, MedicineCommand, id, {
        type: 'AddMedicine',
        data: { hospitalId: places[0]!.id, ...data },
      });
    });

  return {
    stage,
    first,
    places,
    doctors,
    patients,
    products,
    expected: new Set<string>(),
    complaints: new Map(),
    orders: new Map(places.map(({ id }) => [id, new Set<string>()])),
  };
};

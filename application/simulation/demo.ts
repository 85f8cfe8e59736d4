import { askFor } from './booking.js';
import { buyFreely } from './buying.js';
import { dayAfter, momentOf } from './calendar.js';
import { chat } from './chatting.js';
import { receive } from './dispensing.js';
import type { World } from './world.js';

const ROLES = [
  'patient',
  'doctor',
  'pharmacist',
  'lab worker',
  'hospital administrator',
  'compliance officer',
  'platform administrator',
  'consumer',
] as const;
export type DemoRole = (typeof ROLES)[number];

/** The login of the first who plays a part. */
export const demoLogin = (role: DemoRole): string => `${role.replace(' ', '.')}@healthstack.example`;

/** Who can log in to the demo, one for each part that people and programs play. */
export const demoLogins = ROLES.map((role) => ({ role, login: demoLogin(role) }));
export const DEMO_PASSWORD = 'shapla-2971-demo';

/** What the demo's patient must not be given. */
export const DEMO_ALLERGY = { substance: 'Paracetamol', drugClass: 'analgesics', severity: 'mild' } as const;

const VISIT_EVERY_DAYS = 5;

/**
 * Sees to it that those who log in to the demo find something to do. The patient lives by this plan alone, so that what
 * is on record stays simple: is the doctor's for one thing that goes on, comes again, asks something that was not
 * answered. On the last evening others ask the doctor for an appointment and order at the pharmacist's, whose shelves
 * hold what is asked for most.
 */
export const planDemo = (world: World, days: number): void => {
  const { stage, first } = world;
  const [doctor, place] = [world.doctors[0]!, world.places[0]!];
  const [patient, ...others] = world.patients.filter(({ from }) => from === first);
  if (!patient) return;
  const complaint = doctor.specialty.complaints.find(({ lasting }) => lasting !== undefined)!;
  patient.lasting = { doctor, complaint };
  for (let n = days - 1; n > 0; n -= VISIT_EVERY_DAYS)
    stage.plan(momentOf(dayAfter(first, n), '10:00'), `demo visit ${n}`, (now) =>
      askFor(world, now, patient, doctor, complaint, { inDays: 1, pays: true }),
    );

  stage.plan(momentOf(dayAfter(first, days - 1), '11:00'), 'demo next week', (now) =>
    askFor(world, now, patient, doctor, complaint, { inDays: 6, pays: true }),
  );
  for (const key of ['amoxicillin 500 mg', 'paracetamol 500 mg'])
    stage.plan(momentOf(dayAfter(first, days - 1), '20:00'), `demo ${key}`, (now) =>
      receive(world, now, place, world.products.get(key)!.id),
    );

  const evening = momentOf(dayAfter(first, days - 1), '20:50');
  stage.plan(evening, 'demo question', chat(doctor, patient));
  for (const [i, other] of others.slice(0, 6).entries()) {
    const { complaints } = doctor.specialty;
    stage.plan(evening, `demo evening ${i}`, (now) =>
      i % 2 === 0
        ? askFor(world, now, other, doctor, now.random.pick(complaints), { inDays: 1 + i, pays: false })
        : buyFreely(world, now, other, place),
    );
  }
};

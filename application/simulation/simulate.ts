import { practitioner } from '../../domain/practitioners/practitioner.js';
import { HospitalCommand } from '../organisations.js';
import { PractitionerCommand } from '../practitioners.js';
import { needDoctor } from './booking.js';
import { buyFreely } from './buying.js';
import { dayAfter, dayOf, momentOf, timeOf, weekdayOf } from './calendar.js';
import { planDemo } from './demo.js';
import { lookThroughShelves, serve, stockUp } from './dispensing.js';
import { gather, type Size } from './people.js';
import { type Act, type SimulatedSystem, Stage } from './stage.js';
import { seePatients } from './surgery.js';
import type { Doctor, World } from './world.js';

export interface SimulationOptions extends Size {
  /** The same seed is the same month. */
  readonly seed: string;
  /** When it ends, an Instant; the last whole day is the one before. */
  readonly until: string;
  /** Of the one password that everybody has. */
  readonly passwordHash: string;
}

export interface Simulated {
  /** What the rules did not allow, by the code of the rejection. */
  readonly refused: Readonly<Record<string, number>>;
}

/** The moment when a simulation that ends then begins: its clock starts there. */
export const beginningOf = ({ until, days }: { readonly until: string; readonly days: number }): string =>
  new Date(momentOf(dayAfter(dayOf(until), -days), '05:00')).toISOString();

/** Needs for a doctor, and trips to the pharmacy without one, for each patient and day. */
const VISITS = 0.14;
const ERRANDS = 0.03;

/**
 * Lets the people of some hospitals live through a month: what they do goes the way of every command, what follows from
 * it is the system's own doing. Tells of each day that is over.
 */
export const simulate = async (
  system: SimulatedSystem,
  options: SimulationOptions,
  onProgress: (daysDone: number) => void = () => undefined,
): Promise<Simulated> => {
  const { seed, until, days, passwordHash } = options;
  const stage = new Stage(system, seed);
  const first = dayAfter(dayOf(until), -days);
  const world = gather(stage, options, first, passwordHash);
  for (const place of world.places) stage.plan(momentOf(first, '07:00'), `stock ${place.id}`, stockUp(world, place));
  planLeave(world, days);
  planDemo(world, days);
  for (let n = 0; n < days; n++) {
    planDay(world, dayAfter(first, n), n === days - 1);
    await stage.run(momentOf(dayAfter(first, n + 1), '00:00'));
    onProgress(n + 1);
  }
  // The day that has begun belongs to whoever looks at it: its patients are expected, nobody has come.
  await stage.end(Date.parse(until));
  return { refused: Object.fromEntries(stage.refused) };
};

const planDay = (world: World, day: string, last: boolean): void => {
  const { stage, places, doctors } = world;
  const random = stage.chance(`day ${day}`);
  const between = (from: string, to: string) => random.int(momentOf(day, from), momentOf(day, to));
  // The first one lives by the demo's plan.
  const patients = world.patients.slice(1).filter(({ from }) => from < day);
  const plan = (at: number, key: string, act: Act) => stage.plan(at, `${day} ${key}`, act);

  for (const { id, administrator } of places)
    if (random.chance(0.4))
      plan(momentOf(day, '08:00'), `beds ${id}`, async (now) => {
        const data = { general: now.random.int(40, 200), icu: now.random.int(4, 20) };
        await now.send(administrator, HospitalCommand, id, { type: 'ReviseCapacity', data });
      });
  for (const place of places) {
    if (day > world.first) plan(momentOf(day, '07:30'), `shelves ${place.id}`, lookThroughShelves(world, place));
    for (let hour = 9; hour <= 20; hour++)
      plan(momentOf(day, timeOf(hour, 30)), `counter ${place.id} ${hour}`, serve(world, place));
  }
  for (const doctor of doctors)
    if (doctor.work.some(({ hours }) => hours[weekdayOf(day)]))
      for (let hour = 8; hour < 20; hour++)
        plan(momentOf(day, timeOf(hour, 15)), `list ${doctor.id} ${hour}`, seePatients(world, doctor, day));

  // Whoever fell ill over the week-end calls on the next working day; and on the last day the next ones fill up.
  const busy = weekdayOf(day) === 'fri' ? 0.5 : weekdayOf(day) === 'sat' ? 1.4 : 1;
  const visits = Math.round(patients.length * VISITS * busy * (last ? 2 : 1));
  for (let i = 0; i < visits; i++) {
    const patient = random.pick(patients);
    plan(between('07:30', '20:00'), `need ${i}`, (now) => needDoctor(world, now, patient));
  }
  for (let i = 0; i < Math.round(patients.length * ERRANDS); i++) {
    const patient = random.pick(patients);
    plan(between('09:00', '20:30'), `errand ${i}`, (now) => buyFreely(world, now, patient));
  }
};

/** One doctor in ten is away for some days; every other of them has appointments moved to another day. */
const planLeave = ({ stage, first, doctors }: World, days: number): void => {
  const working = doctors.filter(({ from }) => from === first);
  const random = stage.chance('leave');
  for (const [i, doctor] of random.sample(working, Math.ceil(working.length / 10)).entries()) {
    const told = dayAfter(first, Math.max(2, random.int(Math.floor(days / 3), Math.floor((days * 2) / 3))));
    stage.plan(momentOf(told, '21:00'), `leave ${doctor.id}`, takeLeave(doctor, dayAfter(told, 1), i % 2 === 0));
  }
};

const takeLeave =
  (doctor: Doctor, from: string, moves: boolean): Act =>
  async (now) => {
    const { schedules } = await now.load(practitioner, doctor.id);
    const worksOn = (day: string) => Object.values(schedules).some(({ hours }) => hours[weekdayOf(day)]);
    const to = dayAfter(from, 2);
    const back = [1, 2, 3, 4, 5, 6, 7].map((days) => dayAfter(to, days)).find(worksOn);
    const leaveId = now.id('leave');
    await now.send(doctor.actor, PractitionerCommand, doctor.id, {
      type: 'TakeLeave',
      data: { leaveId, from, to, reason: 'Family matters.', ...(moves && back && { moveTo: back }) },
    });
    if (now.random.chance(0.2))
      now.after(60, async (later) => {
        await later.send(doctor.actor, PractitionerCommand, doctor.id, { type: 'WithdrawLeave', data: { leaveId } });
      });
  };

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEvent } from '../../application/kernel/ledger.js';
import type { Meta } from '../../domain/kernel/envelope.js';
import type { Answer, Person } from '../kernel/embedded.js';
import { founded, must, registered } from './founding.js';
import type { Subject } from './subject.js';

// People who book, write and order without end, each request under a key of its own that is repeated until it is answered.
// What they noted down is what the ledger must hold.

const CLIENTS = 6;
const THINK_MS_MAX = 60;
const AGAIN_MS = 200;
const ATTEMPTS_MAX = 600;
const PATIENTS = 4;
/** A doctor gives a patient three open appointments on a day. */
const BOOKINGS_A_DAY = 3 * PATIENTS;
const UNITS = 1_000_000;
/** Every so many requests one that was answered before is sent again: the answer is the same for ever. */
const REPEATED_EVERY = 8;

type Wanted = 'AppointmentRequested' | 'MessageSent' | 'OrderPlaced';

/** A request, and the answer once there was one. */
interface Sent {
  readonly key: string;
  readonly event: Wanted;
  readonly who: Person;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  answer?: Answer['body'];
}

export class Load {
  readonly log: Sent[] = [];
  /** Answers that nobody should get. */
  readonly surprises: string[] = [];
  /** How many requests had no answer at first. */
  unanswered = 0;
  private readonly made = { booking: 0, message: 0, order: 0 };
  private readonly ending = new AbortController();
  private working: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly people: Awaited<ReturnType<typeof founded>>,
    private readonly patients: readonly Person[],
    private readonly medicine: string,
  ) {}

  /** A hospital with a doctor, patients who have a chat with her, and a shelf that is never empty. */
  static async open(subject: Subject): Promise<Load> {
    const people = await founded(subject);
    const { pharmacist, hospitalId } = people;
    const price = { amount: 250, currency: 'BDT' };
    const medicine = {
      hospitalId,
      name: 'Napa',
      type: 'tablets',
      category: 'fever',
      price,
      prescriptionRequired: false,
    };
    const { id } = await must(pharmacist.post('medicines', medicine));
    await must(pharmacist.post(`hospitals/${hospitalId}/stock/${id}/receive`, { quantity: UNITS }));
    const patients: Person[] = [];
    for (let i = 0; i < PATIENTS; i++)
      patients.push(
        await registered(subject, 'patient', { name: `patient-${i}`, email: `patient-${i}@patients.example` }),
      );
    const load = new Load(people, patients, id as string);
    // A chat comes with a confirmed appointment.
    for (let i = 0; i < PATIENTS; i++) {
      const booked = load.booking();
      await load.until(booked);
      await must(people.doctor.post(`appointments/${booked.answer.id}/confirm`));
    }
    await subject.settled();
    return load;
  }

  start(): void {
    this.working = Promise.all(Array.from({ length: CLIENTS }, () => this.client()));
  }

  /** Nobody wants anything new; what has no answer gets one. */
  async finish(): Promise<void> {
    this.ending.abort();
    await this.working;
  }

  private async client(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const answered = this.log[randomInt(this.log.length)]!;
      if (answered.answer && randomInt(REPEATED_EVERY) === 0) await this.until(answered);
      else await this.until(this.fresh());
      await sleep(randomInt(THINK_MS_MAX));
    }
  }

  private fresh(): Sent {
    const { length } = this.log;
    return length % 3 === 0 ? this.booking() : length % 3 === 1 ? this.message() : this.order();
  }

  private note(event: Wanted, who: Person, path: string, body: Sent['body']): Sent {
    const sent = { key: `request ${this.log.length}`, event, who, path, body };
    this.log.push(sent);
    return sent;
  }

  private booking(): Sent {
    const n = this.made.booking++;
    const day = new Date(Date.UTC(2090, 0, 1 + Math.floor(n / BOOKINGS_A_DAY))).toISOString().slice(0, 10);
    const start = new Date(Date.parse(`${day}T09:00:00+06:00`) + (n % BOOKINGS_A_DAY) * 15 * 60_000).toISOString();
    const { doctor, hospitalId } = this.people;
    const wish = { doctorId: doctor.id, hospitalId, day, start, type: 'checkUp' };
    return this.note('AppointmentRequested', this.patients[n % PATIENTS]!, 'appointments', wish);
  }

  private message(): Sent {
    const n = this.made.message++;
    const { doctor } = this.people;
    const patient = this.patients[n % PATIENTS]!;
    const path = `chats/${doctor.id}_${patient.id}/send`;
    return this.note('MessageSent', n % 2 ? doctor : patient, path, { text: `message ${n}` });
  }

  private order(): Sent {
    const n = this.made.order++;
    const lines = [{ medicineId: this.medicine, quantity: 1 + (n % 5) }];
    return this.note('OrderPlaced', this.patients[n % PATIENTS]!, 'orders', {
      hospitalId: this.people.hospitalId,
      lines,
    });
  }

  /** Until it is answered. */
  private async until(sent: Sent): Promise<void> {
    for (let attempt = 1; !(await this.send(sent)); attempt++) {
      if (attempt === 1) this.unanswered++;
      if (attempt === ATTEMPTS_MAX) return void this.surprises.push(`${sent.key} was never answered`);
      await sleep(AGAIN_MS);
    }
  }

  /** False when nobody knows whether it was done: there was no answer, or the answer says so. */
  private async send(sent: Sent): Promise<boolean> {
    const { who, path, body, key } = sent;
    const answer = await who.post(path, body, { 'idempotency-key': key }).catch(() => undefined);
    if (answer === undefined || answer.status === 503 || answer.body?.code === 'busy') return false;
    if (answer.status !== 202) this.surprises.push(`${path} ${key} ${answer.status} ${JSON.stringify(answer.body)}`);
    else if (sent.answer === undefined) sent.answer = answer.body;
    else if (JSON.stringify(sent.answer) !== JSON.stringify(answer.body))
      this.surprises.push(`${path} ${key} was ${JSON.stringify(sent.answer)}, is ${JSON.stringify(answer.body)}`);
    return true;
  }

  /** What the ledger does not hold as it was acknowledged, or holds though nobody asked; nothing when all is well. */
  faultsIn(events: readonly LedgerEvent[]): string[] {
    const faults: string[] = [];
    const at = new Map(events.map((event) => [event.position, event]));
    const byCommand = Map.groupBy(events, ({ metadata }) => (metadata as Meta).commandId);
    for (const { event, key, answer } of this.log) {
      const found = at.get(answer?.position as string);
      if (!found || found.type !== event || found.revision !== answer.revision)
        faults.push(`${key}: ${event} is missing`);
      else {
        const same = byCommand.get((found.metadata as Meta).commandId)!.filter(({ type }) => type === event);
        if (same.length !== 1) faults.push(`${key}: ${event} is there ${same.length} times`);
      }
    }
    for (const event of ['AppointmentRequested', 'MessageSent', 'OrderPlaced'] as const) {
      const [there, asked] = [
        events.filter(({ type }) => type === event),
        this.log.filter((sent) => sent.event === event),
      ];
      if (there.length !== asked.length) faults.push(`${there.length} ${event} for ${asked.length} requests`);
    }
    const starts = events.flatMap(({ type, data }) =>
      type === 'AppointmentRequested' ? [(data as { start: string }).start] : [],
    );
    if (new Set(starts).size !== starts.length) faults.push('a slot was given twice');
    const next = new Map<string, number>();
    for (const { stream, revision } of events) {
      if (revision !== (next.get(stream) ?? 0)) faults.push(`${stream} has a gap at ${revision}`);
      next.set(stream, revision + 1);
    }
    return faults;
  }
}

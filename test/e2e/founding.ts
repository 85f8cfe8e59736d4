import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import type { Answer, Person } from '../kernel/embedded.js';
import { type Subject, until } from './subject.js';

// How people come to an empty system, by its API and its mails alone.

export const PASSWORD = 'a long enough password';

/** The body of an answer that must be a yes. */
export const must = async (answer: Promise<Answer>): Promise<Answer['body']> => {
  const { status, body } = await answer;
  if (status >= 400) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
};

/** The mails that were written so far, by the name of their file. */
export const mailsIn = async (folder: string) => {
  const box = join(folder, 'mail');
  const names = readdirSync(box).filter((name) => name.endsWith('.eml'));
  return Promise.all(
    names.map(async (name) => {
      const { to, subject = '', text = '' } = await simpleParser(readFileSync(join(box, name)));
      return { id: name.slice(0, -4), to: [to].flat()[0]?.text ?? '', subject, text };
    }),
  );
};

/** Patients and doctors register themselves. */
export const registered = async (
  served: Subject,
  role: 'patient' | 'doctor',
  person: { readonly name: string; readonly email: string },
): Promise<Person> => {
  await must(served.request('POST', 'accounts', { body: { ...person, password: PASSWORD, role } }));
  await served.settled();
  return served.logIn(person.email, PASSWORD);
};

/** Everybody else comes by invitation. */
export const invited = async (
  served: Subject,
  by: Person,
  { email, role, hospitalId }: { readonly email: string; readonly role: string; readonly hospitalId?: string },
): Promise<Person> => {
  await must(by.post('invitations', { email, role, hospitalId }));
  await served.settled();
  const token = await until('a mail with a link', async () => {
    const mail = (await mailsIn(served.folder)).find(({ to }) => to === email);
    return /#\/[a-z-]+\/([\w-]{43})/.exec(mail?.text ?? '')?.[1];
  });
  return joined(served, { token, email, name: `The ${role}`, password: PASSWORD });
};

const joined = async (served: Subject, body: { token: string; name: string; email?: string; password: string }) => {
  await must(served.request('POST', 'invitations/accept', { body }));
  return served.logIn(body.email!, PASSWORD);
};

const ALL_DAY = [{ from: '09:00', to: '17:00' }];
const HOURS = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, ALL_DAY]));

/** A hospital with its people: made by the first administrator, out of nothing. */
export const founded = async (served: Subject) => {
  const email = 'founder@healthstack.example';
  const token = await served.invitation();
  const founder = await joined(served, { token, name: 'The founder', email, password: PASSWORD });
  const wish = { name: 'Green Life Hospital', type: 'private', address: 'Green Road, Dhaka' };
  const { id: hospitalId } = await must(founder.post('hospitals', wish));
  const at = `hospitals/${hospitalId}`;
  const { id: departmentId } = await must(founder.post(`${at}/departments`, { name: 'Medicine' }));
  const { id: specialisationId } = await must(founder.post(`${at}/specialisations`, { name: 'Lungs' }));

  const staff = (role: string, where?: string) =>
    invited(served, founder, { email: `${role.toLowerCase()}@green.example`, role, hospitalId: where });
  const administrator = await staff('hospitalAdministrator', hospitalId);
  const pharmacist = await staff('pharmacist', hospitalId);
  const officer = await staff('complianceOfficer');

  const doctor = await registered(served, 'doctor', { name: 'Dr. Anika Rahman', email: 'anika@green.example' });
  const mine = `doctors/${doctor.id}`;
  await must(doctor.post(`${mine}/registrations`, { hospitalId, departmentId, specialisationId }));
  await must(administrator.post(`${mine}/registrations/${hospitalId}/accept`));
  await must(doctor.post(`${mine}/set-schedule`, { hospitalId, slotMinutes: 15, hours: HOURS }));
  const fees = { checkUp: { amount: 80_000, currency: 'BDT' }, report: { amount: 30_000, currency: 'BDT' } };
  await must(doctor.post(`${mine}/set-fees`, { hospitalId, ...fees }));
  await served.settled();
  return { founder, administrator, pharmacist, officer, doctor, hospitalId: hospitalId as string };
};

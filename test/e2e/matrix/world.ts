import { Embedded, idOf, PASSWORD, type Person } from '../../kernel/embedded.js';
import { ACTORS, type Actor } from './expected.js';
import { type Asking, deliver, nameOf, type World } from './asking.js';
import { DAY, type Objects, PNG } from './requests.js';

const [green, blue, white] = ['green', 'blue', 'white'].map(idOf) as [string, string, string];
/** Everything that the matrix asks about, made as people make it: through the doors. */
export const openWorld = async (): Promise<World> => {
  let now = '2090-01-31T02:25:00.000Z';
  const embedded = await Embedded.open({ now: () => now });
  const later = (minutes: number) => (now = new Date(Date.parse(now) + minutes * 60_000).toISOString());
  const { vault } = embedded.system;
  const logIn = async (name: string) => {
    const body = { login: `${name}@healthstack.example`, password: PASSWORD };
    return (await embedded.request('POST', 'sessions', { body })).body as Record<string, string>;
  };

  const { id: patientId, token: lapsed } = await embedded.person(nameOf('patient'), { role: 'patient' });
  later(31);
  const { who, people } = await admitted(embedded, embedded.as(patientId, (await logIn('Zubaida')).accessToken!));
  const { patient, doctor, pharmacist, administrator, platform } = people;
  await embedded.settled();

  /** Posts, and gives the id of what came of it. What is refused here would make the matrix lie. */
  const post = async (person: Person, path: string, body: object = {}): Promise<string> => {
    const answer = await person.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id as string;
  };
  const store = async (person: Person, query: string): Promise<string> => {
    const answer = await deliver(embedded, 'POST', { at: `files?${query}`, file: PNG }, person.token);
    return answer.json<{ id: string }>().id;
  };
  const asked = (whom: Person, by: Person, hospitalId: string, day: string, time = '10:00') => {
    const start = `${day}T${time}:00+06:00`;
    return post(by, 'appointments', { doctorId: whom.id, day, hospitalId, start, type: 'checkUp', message: 'A cough' });
  };
  const agreed = async (whom: Person, by: Person, hospitalId: string, day: string, time?: string) => {
    const id = await asked(whom, by, hospitalId, day, time);
    await post(whom, `appointments/${id}/confirm`);
    return id;
  };
  const prescribed = (
    by: Person,
    to: Person,
    hospitalId: string,
    appointmentId: string,
    name: string,
    advice?: string,
  ) => post(by, 'prescriptions', { patientId: to.id, hospitalId, appointmentId, medicines: [{ name }], advice });
  const settledPayment = async (purpose: string, objectId: string, outcome: string) => {
    await post(patient, 'payments', { purpose, objectId });
    await embedded.settled();
    const { pageUrl } = (await patient.get(`payments/${purpose}_${objectId}`)).body as { pageUrl: string };
    const page = await deliver(embedded, 'POST', { at: new URL(pageUrl).pathname, form: { outcome } });
    const fields = [...page.body.matchAll(/name="(\w+)" value="([^"]*)"/g)];
    const form = Object.fromEntries(fields.map(([, name, value]) => [name!, value!]));
    await deliver(embedded, 'POST', { at: 'payments/notify', form });
    await embedded.settled();
    return form;
  };

  // The catalogue and the shelves.
  const medicine = { hospitalId: green, type: 'tablets', category: 'fever', price: { amount: 250, currency: 'BDT' } };
  const medicineId = await post(pharmacist, 'medicines', { ...medicine, name: 'Napa', prescriptionRequired: false });
  const toDiscontinue = await post(pharmacist, 'medicines', { ...medicine, name: 'Old', prescriptionRequired: false });
  for (const [keeper, hospitalId] of [
    [pharmacist, green],
    [people.pharmacistOfBlue, blue],
  ] as const)
    await post(keeper, `hospitals/${hospitalId}/stock/${medicineId}/receive`, {
      ...{ lot: 'a', quantity: 100, expires: '2095-01-01' },
    });
  const order = (by: Person, hospitalId: string, more: object = {}) =>
    post(by, 'orders', { hospitalId, lines: [{ medicineId, quantity: 2 }], ...more });

  /** A patient in treatment, with one of everything. */
  const treated = async (by: Person, to: Person, hospitalId: string, words: string) => {
    const appointmentId = await agreed(by, to, hospitalId, DAY);
    await embedded.settled();
    const chatId = `${by.id}_${to.id}`;
    await post(to, `chats/${chatId}/send`, { text: `My cough: ${words}` });
    const allergyId = await post(to, `patients/${to.id}/allergies`, { substance: `Dust ${words}` });
    const prescriptionId = await prescribed(by, to, hospitalId, appointmentId, 'Zinc', `Rest. ${words}`);
    const orderId = await order(to, hospitalId);
    await post(to, `patients/${to.id}/carts/add`, { hospitalId, medicineId });
    const portraitId = await store(to, 'purpose=portrait');
    const theirs = { hospitalId, doctorId: by.id, patientId: to.id, patientName: 'Zubaida' };
    return { ...theirs, appointmentId, chatId, allergyId, prescriptionId, orderId, medicineId, portraitId };
  };
  const [ofPatient, ofColleague, ofBlue] = await Promise.all([
    treated(doctor, patient, green, 'canary'),
    treated(people.colleague, people.patientOfColleague, green, 'sparrow'),
    treated(people.doctorOfBlue, people.patientOfBlue, blue, 'raven'),
  ]);

  // What commands are about: each its own, so that none stands in the way of another.
  const visits = ['toConfirm', 'toReject', 'toPay', 'toHold'].map((_, i) =>
    asked(doctor, patient, green, `2090-02-0${i + 2}`),
  );
  const [toConfirm, toReject, toPay, risky] = (await Promise.all(visits)) as [string, string, string, string];
  const agreements = ['toCancel', 'toMove', 'toFulfil', 'paid'].map((_, i) =>
    agreed(doctor, patient, green, `2090-02-1${i}`),
  );
  const [toCancel, toMove, toFulfil, paid] = (await Promise.all(agreements)) as [string, string, string, string];
  const calledOff = await agreed(people.former, patient, green, DAY, '11:00');
  await post(patient, `appointments/${calledOff}/cancel`, { reason: 'Well again.' });
  const toMiss = await agreed(doctor, patient, green, '2090-01-31', '09:15');
  later(20);
  const callback = await settledPayment('appointment', paid, 'pay');
  await settledPayment('appointment', risky, 'payRisky');
  const paymentOf = async (id: string) =>
    (await patient.get(`payments/appointment_${id}`)).body as Record<string, string>;
  const held = { paymentId: `appointment_${risky}`, validationId: (await paymentOf(risky)).validationId! };

  const [toAmend, toRenew, toStop] = (await Promise.all(
    ['Iron', 'Salt', 'Folic acid'].map((name) => prescribed(doctor, patient, green, ofPatient.appointmentId, name)),
  )) as [string, string, string];
  const toDispense = await order(patient, green);
  const delivery = { address: 'House 7, Dhaka', phone: '01712345678' };
  const toDeliver = await order(patient, green, { delivery });
  const toDrop = await order(patient, green);
  await settledPayment('pharmacyOrder', toDispense, 'pay');
  await settledPayment('pharmacyOrder', toDeliver, 'pay');
  await post(pharmacist, `orders/${toDeliver}/dispense`, { line: 1 });

  const ofDoctor = `doctors/${doctor.id}`;
  const applying = { hospitalId: green, departmentId: idOf('green cardiology'), specialisationId: idOf('green heart') };
  const applicants = await Promise.all(
    ['applicant', 'unwelcome'].map((name) => embedded.person(name, { role: 'doctor' })),
  );
  await embedded.settled();
  for (const one of applicants) await post(one, `doctors/${one.id}/registrations`, applying);
  const role = { role: 'pharmacist', hospitalId: green };
  const unit = (kind: string, name: string) => post(administrator, `hospitals/${green}/${kind}`, { name });
  const joiner = await embedded.person('joiner', { role: 'patient' });
  const leaver = await embedded.person('leaver', { role: 'pharmacist', hospitalId: green });
  const toAccept = await post(administrator, 'invitations', { ...role, email: 'invited@healthstack.example' });
  const invitationId = await post(administrator, 'invitations', { ...role, email: 'unwanted@healthstack.example' });
  const visitor = await embedded.person('visitor', { role: 'patient' });
  const { refreshToken } = await logIn('visitor');
  await embedded.settled();
  const expiresAt = Date.parse(now) + 3_600_000;
  const link = (purpose: 'invitation' | 'passwordReset', subject: string) =>
    vault.issueOnce({ purpose, subject, nonce: idOf(purpose), expiresAt });

  const objects: Objects = {
    ...ofPatient,
    departmentId: idOf('green cardiology'),
    serviceId: await unit('services', 'Ambulance'),
    specialisationId: idOf('green heart'),
    spare: {
      departmentId: await unit('departments', 'Spare'),
      serviceId: await unit('services', 'Spare'),
      specialisationId: await unit('specialisations', 'Spare'),
    },
    conditionId: await post(patient, `patients/${patient.id}/conditions`, { condition: 'Migraine' }),
    leaveId: await post(doctor, `${ofDoctor}/leave`, { from: '2091-01-01', to: '2091-01-02' }),
    educationId: await post(doctor, `${ofDoctor}/education`, { degree: 'MBBS', institute: 'DMC', completedIn: 2010 }),
    experienceId: await post(doctor, `${ofDoctor}/experience`, {
      ...{ workplace: 'DMC', designation: 'Intern', from: 2010 },
    }),
    applicantId: applicants[0]!.id,
    unwelcomeId: applicants[1]!.id,
    unasked: { hospitalId: white, departmentId: idOf('white cardiology'), specialisationId: idOf('white heart') },
    ...{ toConfirm, toReject, toPay, toCancel, toMove, toFulfil, toMiss },
    holdId: await post(patient, 'appointments/hold', {
      ...{
        doctorId: doctor.id,
        day: '2090-02-20',
        hospitalId: green,
        start: '2090-02-20T10:00:00+06:00',
        type: 'checkUp',
      },
    }),
    ...{ toAmend, toRenew, toStop, toDiscontinue, toDispense, toDeliver, toDrop },
    billId: await post(administrator, 'bills', { hospitalId: green, patientId: patient.id, consultationFee: 50_000 }),
    paymentId: `appointment_${paid}`,
    held,
    callback,
    pictureId: await store(administrator, `purpose=picture&hospitalId=${green}`),
    invitationId,
    invitationToken: await link('invitation', toAccept),
    joinerId: joiner.id,
    leaverId: leaver.id,
    visitor: {
      login: 'visitor@healthstack.example',
      refreshToken: refreshToken!,
      resetToken: await link('passwordReset', visitor.id),
    },
  };
  const { accessToken } = (await platform.post('service-accounts', { name: 'Warehouse' })).body as {
    accessToken: string;
  };
  const { sessionId } = await logIn('Zubaida');
  await embedded.settled();
  const nothing = ghostOf(objects);
  return {
    embedded,
    who: { ...who, consumer: { name: 'consumer', token: accessToken } },
    objects,
    colleague: { ...nothing, ...ofColleague },
    blue: { ...nothing, ...ofBlue },
    sessionId: sessionId!,
    lapsed,
    logInAs: async (name) => (await logIn(name)).accessToken!,
    secrets: [
      ...[
        'Zubaida',
        'canary',
        patient.id,
        ofPatient.appointmentId.slice(-12),
        ofPatient.prescriptionId,
        ofPatient.orderId,
      ],
      ...[ofPatient.portraitId, ofPatient.allergyId, toConfirm.slice(-12), toDispense, 'Migraine'],
    ],
  };
};

const admitted = async (embedded: Embedded, patient: Person) => {
  await Promise.all(['green', 'blue', 'white'].map((name) => embedded.hospital(name)));
  const at = (role: 'pharmacist' | 'labWorker' | 'hospitalAdministrator', hospitalId: string) => ({ role, hospitalId });
  const admit = (actor: Actor, ...roles: Parameters<Embedded['person']>[1][]) =>
    embedded.person(nameOf(actor), ...roles);
  const people = {
    patient,
    patientOfColleague: await admit('patientOfColleague', { role: 'patient' }),
    patientOfBlue: await admit('patientOfBlue', { role: 'patient' }),
    doctor: await embedded.doctor('doctor', 'green'),
    colleague: await embedded.doctor('colleague', 'green'),
    former: await embedded.doctor('former', 'green'),
    doctorOfBlue: await embedded.doctor('doctorOfBlue', 'blue'),
    pharmacist: await admit('pharmacist', at('pharmacist', green)),
    pharmacistOfBlue: await admit('pharmacistOfBlue', at('pharmacist', blue)),
    labWorker: await admit('labWorker', at('labWorker', green)),
    labWorkerOfBlue: await admit('labWorkerOfBlue', at('labWorker', blue)),
    administrator: await admit('administrator', at('hospitalAdministrator', green)),
    administratorOfBlue: await admit('administratorOfBlue', at('hospitalAdministrator', blue)),
    twoHats: await admit('twoHats', at('pharmacist', green), at('hospitalAdministrator', blue)),
    platform: await admit('platform', { role: 'hospitalAdministrator' }),
    officer: await admit('officer', { role: 'complianceOfficer' }),
  };
  const asking = ACTORS.map((actor) => {
    const person = (people as Partial<Record<Actor, Person>>)[actor];
    return [actor, { name: nameOf(actor), ...(person && { id: person.id, token: person.token }) }] as const;
  });
  return { people, who: Object.fromEntries(asking) as Record<Actor, Asking> };
};

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The same kinds of things, none of which exists. */
export const ghostOf = (objects: Objects): Objects =>
  JSON.parse(JSON.stringify(objects).replace(UUID, (id) => idOf(`ghost of ${id}`))) as Objects;

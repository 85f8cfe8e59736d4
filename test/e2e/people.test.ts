import { Embedded, idOf, type Person } from '../kernel/embedded.js';

// Hospitals, doctors and patients through the doors: who may do and see what, and what they see.
let system: Embedded;
let platform: Person;
let administrator: Person;
let stranger: Person;
let doctor: Person;
let patient: Person;
const greenLife = idOf('Green Life');
const square = idOf('Square');

const anyone = (path: string) => system.request('GET', path);

beforeAll(async () => {
  system = await Embedded.open();
  await Promise.all([system.hospital('Green Life'), system.hospital('Square')]);
  platform = await system.person('platform', { role: 'hospitalAdministrator' });
  administrator = await system.person('administrator', { role: 'hospitalAdministrator', hospitalId: greenLife });
  stranger = await system.person('stranger', { role: 'hospitalAdministrator', hospitalId: square });
  doctor = await system.person('rahman', { role: 'doctor' });
  patient = await system.person('karim', { role: 'patient' });
  await system.settled();
});
afterAll(() => system.close());

describe('a hospital', () => {
  it('is registered by an administrator of the platform, and by nobody else', async () => {
    const body = { name: 'Popular', type: 'private', address: 'Dhanmondi' };
    for (const somebody of [administrator, doctor, patient])
      expect(await somebody.post('hospitals', body)).toMatchObject({ status: 403 });
    const { status, body: accepted } = await platform.post('hospitals', body, { 'idempotency-key': 'popular' });
    expect(status).toBe(202);
    expect((await platform.post('hospitals', body, { 'idempotency-key': 'popular' })).body).toEqual(accepted);
    await system.settled();
    expect(await anyone(`hospitals/${accepted.id}`)).toMatchObject({
      status: 200,
      body: { name: 'Popular', timeZone: 'Asia/Dhaka', currency: 'BDT', capacity: { icu: 0 }, open: true },
    });
  });

  it('is edited by its own administrators, one field at a time (N2, N12)', async () => {
    const before = (await anyone(`hospitals/${greenLife}`)).body;
    expect(await stranger.post(`hospitals/${greenLife}/revise`, { name: 'Taken' })).toMatchObject({ status: 403 });
    expect(await administrator.post(`hospitals/${greenLife}/revise`, { name: 'x', size: 3 })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '' }] },
    });
    const email = 'desk@greenlife.example';
    expect(await administrator.post(`hospitals/${greenLife}/revise`, { email })).toMatchObject({ status: 202 });
    const again = await administrator.post(`hospitals/${greenLife}/revise`, { email });
    await system.settled();
    const { body, headers } = await anyone(`hospitals/${greenLife}`);
    expect(body).toEqual({ ...before, email, revision: before.revision + 1 });
    expect(headers.etag).toBe(`"${again.body.revision}"`);
  });

  it('is not changed by somebody who saw an older one', async () => {
    const stale = await administrator.post(`hospitals/${greenLife}/revise-capacity`, { icu: 9 }, { 'if-match': '"0"' });
    expect(stale).toMatchObject({ status: 412, body: { code: 'revision-stale' } });
    const { headers } = await anyone(`hospitals/${greenLife}`);
    const fresh = { 'if-match': String(headers.etag) };
    expect(await administrator.post(`hospitals/${greenLife}/revise-capacity`, { icu: 9 }, fresh)).toMatchObject({
      status: 202,
    });
  });

  it('has departments, services and specialisations with names that can be changed', async () => {
    const { body } = await administrator.post(`hospitals/${greenLife}/services`, { name: 'Ambulance' });
    const renamed = await administrator.post(`hospitals/${greenLife}/services/${body.id}/rename`, {
      name: 'Ambulance 24',
    });
    expect(renamed).toMatchObject({ status: 202, body: { id: body.id } });
    await system.settled();
    expect((await anyone(`hospitals/${greenLife}/services`)).body.items).toEqual([
      { id: body.id, hospitalId: greenLife, kind: 'service', name: 'Ambulance 24' },
    ]);
    const inUse = await administrator.post(`hospitals/${greenLife}/departments`, { name: 'cardiology' });
    expect(inUse).toMatchObject({ status: 409, body: { code: 'name-taken' } });
    const department = idOf('Square cardiology');
    expect(await administrator.post(`hospitals/${square}/departments/${department}/remove`)).toMatchObject({
      status: 403,
    });
    expect(
      await administrator.post(`hospitals/${greenLife}/departments/${department}/revise`, { name: 'Mine' }),
    ).toMatchObject({ status: 404 });
  });

  it('is found by its name and listed in pages, until it closes', async () => {
    const first = (await anyone('hospitals?limit=2')).body;
    const second = (await anyone(`hospitals?limit=2&after=${first.next}`)).body;
    const names = [...first.items, ...second.items].map(({ name }: { name: string }) => name);
    expect(names).toEqual(['Green Life', 'Popular', 'Square']);
    expect((await anyone('hospitals?q=squere')).body.items).toMatchObject([{ id: square }]);
    await platform.post(`hospitals/${square}/close`, { reason: 'Rebuilding.' });
    await system.settled();
    expect((await anyone('hospitals?q=square')).body.items).toEqual([]);
    expect((await anyone(`hospitals/${square}`)).body.open).toBe(false);
    await platform.post(`hospitals/${square}/reopen`);
  });
});

describe('a doctor', () => {
  const wish = {
    hospitalId: greenLife,
    departmentId: idOf('Green Life cardiology'),
    specialisationId: idOf('Green Life heart'),
  };

  it("has a profile as soon as the account is a doctor's", async () => {
    expect(await doctor.get(`doctors/${doctor.id}/file`)).toMatchObject({
      status: 200,
      body: { profile: { name: 'rahman' } },
    });
    const profile = { name: 'Dr. Anika Rahman', phone: '01712-345678', nationalId: '1980123456' };
    expect(await doctor.post(`doctors/${doctor.id}/revise`, profile)).toMatchObject({ status: 202 });
    expect(await patient.post(`doctors/${doctor.id}/revise`, { name: 'Nobody' })).toMatchObject({ status: 403 });
    const { body } = await doctor.post(`doctors/${doctor.id}/education`, {
      degree: 'MBBS',
      institute: 'Dhaka Medical College',
      completedIn: 2004,
    });
    expect(await doctor.post(`doctors/${doctor.id}/education/${body.id}/revise`, { completedIn: 2005 })).toMatchObject({
      status: 202,
      body: { id: body.id },
    });
  });

  it('is seen by nobody else before a hospital accepts', async () => {
    await system.settled();
    expect(await anyone(`doctors/${doctor.id}`)).toMatchObject({ status: 404 });
    expect((await anyone('doctors/search?q=rahman')).body.items).toEqual([]);
    expect(await administrator.get(`doctors/${doctor.id}/file`)).toMatchObject({ status: 403 });
  });

  it('asks, is rejected with a reason, asks again and is accepted, by that hospital alone (N2, N15)', async () => {
    const at = `doctors/${doctor.id}/registrations`;
    expect(await administrator.post(`${at}/${greenLife}/reject`, { reason: 'Never asked.' })).toMatchObject({
      status: 404,
      body: { code: 'registration-unknown' },
    });
    expect(await doctor.post(at, { ...wish, departmentId: idOf('Square cardiology') })).toMatchObject({ status: 400 });
    expect(await doctor.post(at, wish)).toMatchObject({ status: 202 });
    await system.settled();
    expect((await administrator.get(`hospitals/${greenLife}/registrations`)).body.items).toMatchObject([
      {
        doctorId: doctor.id,
        status: 'pending',
        doctor: { name: 'Dr. Anika Rahman' },
        department: { name: 'Cardiology' },
        specialisation: { name: 'Heart' },
      },
    ]);
    expect(await stranger.get(`hospitals/${greenLife}/registrations`)).toMatchObject({ status: 403 });
    expect(await administrator.get(`doctors/${doctor.id}/file`)).toMatchObject({
      status: 200,
      body: { phone: { e164: '+8801712345678', given: '01712-345678' }, profile: { education: expect.anything() } },
    });
    for (const somebody of [stranger, doctor, patient])
      expect(await somebody.post(`${at}/${greenLife}/accept`)).toMatchObject({ status: 403 });

    expect(await administrator.post(`${at}/${greenLife}/reject`, { reason: 'No certificate.' })).toMatchObject({
      status: 202,
    });
    expect(await administrator.post(`${at}/${greenLife}/accept`)).toMatchObject({ status: 409 });
    await system.settled();
    expect((await doctor.get(`doctors/${doctor.id}/registrations`)).body.items).toMatchObject([
      { status: 'rejected', reason: 'No certificate.', hospital: { name: 'Green Life' } },
    ]);
    expect(await doctor.post(at, wish)).toMatchObject({ status: 202 });
    expect(await administrator.post(`${at}/${greenLife}/accept`)).toMatchObject({ status: 202 });
    await system.settled();
  });

  it('is public then, without what is private', async () => {
    const { body } = await anyone(`doctors/${doctor.id}`);
    expect(body).toMatchObject({ name: 'Dr. Anika Rahman', hospitalIds: [greenLife] });
    expect(JSON.stringify(body)).not.toMatch(/1712|1980123456/);
    expect((await anyone(`doctors/search?q=anika&hospitalId=${greenLife}`)).body.items).toHaveLength(1);
    expect((await anyone(`doctors/search?q=anika&hospitalId=${square}`)).body.items).toEqual([]);
    expect((await anyone('doctors')).body.items).toHaveLength(1);
    for (const list of [`hospitals/${greenLife}/doctors`, `departments/${wish.departmentId}/doctors`])
      expect((await anyone(list)).body.items).toMatchObject([{ doctor: { name: 'Dr. Anika Rahman' } }]);
    expect((await anyone(`doctors/${doctor.id}/hospitals`)).body.items).toMatchObject([
      { hospital: { name: 'Green Life' }, department: { name: 'Cardiology' } },
    ]);
  });

  it('sets hours and fees where accepted, and takes leave', async () => {
    const morning = [{ from: '09:00', to: '13:00' }];
    const hours = { mon: morning, tue: morning, wed: morning, thu: morning, fri: morning, sat: morning, sun: morning };
    const fees = { checkUp: { amount: 80_000, currency: 'BDT' }, report: { amount: 20_000, currency: 'BDT' } };
    const at = `doctors/${doctor.id}`;
    expect(await doctor.post(`${at}/set-schedule`, { hospitalId: greenLife, slotMinutes: 15, hours })).toMatchObject({
      status: 202,
    });
    expect(await doctor.post(`${at}/set-schedule`, { hospitalId: square, slotMinutes: 15, hours })).toMatchObject({
      status: 404,
    });
    expect(await administrator.post(`${at}/set-fees`, { hospitalId: greenLife, ...fees })).toMatchObject({
      status: 202,
    });
    expect(await stranger.post(`${at}/set-fees`, { hospitalId: greenLife, ...fees })).toMatchObject({ status: 403 });
    const leave = await doctor.post(`${at}/leave`, { from: '2030-02-01', to: '2030-02-03' });
    expect(await doctor.post(`${at}/leave/${leave.body.id}/withdraw`)).toMatchObject({ status: 202 });
    await system.settled();
    expect((await anyone(at)).body).toMatchObject({
      schedules: { [greenLife]: { hours } },
      fees: { [greenLife]: fees },
    });
  });
});

describe('a patient', () => {
  it('has a profile as soon as the account is a patient’s, and edits it alone', async () => {
    const profile = { name: 'Karim Uddin', dateOfBirth: '1992-09-18', bloodGroup: 'B+', phone: '01812000111' };
    expect(await patient.post(`patients/${patient.id}/revise`, profile)).toMatchObject({ status: 202 });
    for (const somebody of [doctor, administrator, platform])
      expect(await somebody.post(`patients/${patient.id}/revise`, { name: 'x' })).toMatchObject({ status: 403 });
    const wrong = await patient.post(`patients/${patient.id}/revise`, {
      bloodGroup: 'B positive',
      dateOfBirth: '2030-02-30',
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'bloodGroup',
      'dateOfBirth',
    ]);
    expect(JSON.stringify(wrong.body)).toContain('A blood group is one of A+');
  });

  it('is shown with the age of today (N18)', async () => {
    await system.settled();
    const { body } = await patient.get(`patients/${patient.id}`);
    const now = new Date();
    const had = `${now.getUTCFullYear()}-09-18` <= now.toISOString().slice(0, 10);
    expect(body).toMatchObject({ name: 'Karim Uddin', age: now.getUTCFullYear() - 1992 - (had ? 0 : 1) });
  });

  it('is nobody’s business before there is a relation, whether the patient exists or not', async () => {
    for (const somebody of [doctor, administrator]) {
      const [real, invented] = [patient.id, idOf('nobody')].map((id) => somebody.get(`patients/${id}`));
      const [a, b] = await Promise.all([real!, invented!]);
      expect([a.status, a.body]).toEqual([403, b.body]);
    }
    expect(await doctor.post(`patients/${patient.id}/allergies`, { substance: 'Dust' })).toMatchObject({ status: 403 });
  });

  it('is found by the doctor who confirmed and by the hospital, in a header and not in the address', async () => {
    const start = freeSlot();
    const day = start.slice(0, 10);
    const asked = await patient.post('appointments', {
      doctorId: doctor.id,
      hospitalId: greenLife,
      day,
      start,
      type: 'checkUp',
    });
    expect(asked).toMatchObject({ status: 202 });
    await system.settled();
    const header = (text: string) => ({ 'search-text': encodeURIComponent(text) });
    const inHospital = `hospitals/${greenLife}/patients/search`;
    expect((await administrator.get(inHospital, header('karim'))).body.items).toEqual([
      { id: patient.id, name: 'Karim Uddin', patient: { name: 'Karim Uddin' } },
    ]);
    expect((await doctor.get(`doctors/${doctor.id}/patients/search`, header('karim'))).body.items).toEqual([]);
    expect(await doctor.post(`appointments/${asked.body.id}/confirm`)).toMatchObject({ status: 202 });
    await system.settled();
    expect((await doctor.get(`doctors/${doctor.id}/patients/search`, header('Korim'))).body.items).toHaveLength(1);
    expect(await doctor.get(`patients/${patient.id}`)).toMatchObject({ status: 200, body: { bloodGroup: 'B+' } });
    expect(await doctor.post(`patients/${patient.id}/allergies`, { substance: 'Penicillin' })).toMatchObject({
      status: 202,
    });

    expect(await stranger.get(inHospital, header('karim'))).toMatchObject({ status: 403 });
    expect((await stranger.get(`hospitals/${square}/patients/search`, header('karim'))).body.items).toEqual([]);
    expect(await administrator.get(inHospital)).toMatchObject({ status: 400 });
    expect(await administrator.get(inHospital, { 'search-text': '%E0%A4%A' })).toMatchObject({ status: 400 });
    expect((await administrator.get(`hospitals/${greenLife}/patients`)).body.items).toMatchObject([
      { personId: patient.id, patient: { name: 'Karim Uddin' } },
    ]);
  });

  it('leaves a record of every look that others took', async () => {
    const events = await system.system.ledger.readAll({ filter: { streamPrefixes: ['access-'] } });
    const looks = events.filter(
      ({ type, data }) => type === 'RecordsRead' && (data as { subjects: string[] }).subjects.includes(patient.id),
    );
    const operations = looks.map(({ data }) => (data as { operation: string }).operation);
    for (const operation of [
      'readPatient',
      'searchPatientsOfHospital',
      'searchPatientsOfDoctor',
      'listPatientsOfHospital',
    ])
      expect(operations).toContain(operation);
  });
});

describe('the totals of a hospital', () => {
  it('count what is there, and the days from today', async () => {
    expect(await stranger.get(`hospitals/${greenLife}/totals`)).toMatchObject({ status: 403 });
    const { body } = await administrator.get(`hospitals/${greenLife}/totals`);
    expect(body).toMatchObject({
      doctors: 1,
      pendingDoctors: 0,
      administrators: 1,
      pharmacists: 0,
      patients: 1,
      pendingAppointments: 0,
      capacity: { icu: 9 },
    });
    expect(body.week).toHaveLength(7);
    const seen = body.week.map(({ requested, confirmed }: Record<string, number>) => requested! + confirmed!);
    expect(seen.reduce((a: number, b: number) => a + b, 0)).toBe(1);
  });
});

/** A quarter of an hour of the doctor's, tomorrow at nine in Dhaka. */
const freeSlot = (): string => `${new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 10)}T03:00:00.000Z`;

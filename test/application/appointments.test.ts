import { Embedded, idOf } from '../kernel/embedded.js';
import { HandClock } from '../worker/shop.js';

// What the clock does to appointments.

const clock = new HandClock('2090-01-01T03:50:00.000Z');
const green = idOf('green');
let embedded: Embedded;

beforeAll(async () => {
  embedded = await Embedded.open(clock);
  await embedded.hospital('green');
});
afterAll(() => embedded.close());

test('a request that nobody answered leaves the doctor’s list when its time has passed, and the patient is told', async () => {
  const doctor = await embedded.doctor('doctor', 'green');
  const patient = await embedded.person('patient', { role: 'patient' });
  const ask = async (time: string) => {
    const start = `2090-01-01T${time}:00+06:00`;
    const wish = { doctorId: doctor.id, hospitalId: green, day: '2090-01-01', start, type: 'checkUp' };
    return (await patient.post('appointments', wish)).body.id as string;
  };
  const [forgotten, answered, moved] = [await ask('10:00'), await ask('10:15'), await ask('10:30')];
  await doctor.post(`appointments/${answered}/confirm`);
  await patient.post(`appointments/${moved}/reschedule`, { start: '2090-01-01T16:00:00+06:00' });
  await embedded.settled();
  const pending = async () =>
    (await doctor.get(`doctors/${doctor.id}/requests`)).body.items.map(({ id }: { id: string }) => id) as string[];
  expect(await pending()).toEqual([forgotten, moved]);

  clock.instant = '2090-01-01T04:15:00.000Z';
  await embedded.settled();
  expect(await pending()).toEqual([moved]);
  expect((await patient.get(`appointments/${forgotten}`)).body).toMatchObject({ status: 'expired' });
  expect((await patient.get(`appointments/${answered}`)).body).toMatchObject({ status: 'confirmed' });
  expect((await patient.get(`patients/${patient.id}/payments`)).body.items).toEqual([]);
  const mails = (await patient.get('me/mails')).body.items as { template: string }[];
  expect(mails.filter(({ template }) => template === 'appointmentExpired')).toHaveLength(1);
});

import { MailRefused, type Mail, type Mailer } from '../../application/kernel/mailer.js';
import { MailCommand } from '../../application/notifications.js';
import { type MailRecord, mails } from '../../projections/notifications/mails.js';
import { Embedded, idOf } from '../kernel/embedded.js';
import { HandClock } from '../worker/shop.js';

// Mail through good days and bad ones.

const clock = new HandClock('2090-01-01T03:00:00.000Z');
const sent: Mail[] = [];
let refusal: Error | undefined;
const mailer: Mailer = {
  send: async (mail) => {
    if (refusal) throw refusal;
    sent.push(mail);
  },
};
let embedded: Embedded;

beforeAll(async () => {
  embedded = await Embedded.open(clock, undefined, { mailer });
  await embedded.hospital('green');
});
afterAll(() => embedded.close());
beforeEach(async () => {
  refusal = undefined;
  await embedded.settled();
  sent.length = 0;
});

let mailsAsked = 0;
const ask = async (recipientId: string): Promise<string> => {
  const id = idOf(`mail ${++mailsAsked}`);
  const refs = { patientId: recipientId, hospitalId: idOf('green') };
  const message = { type: 'RequestMail' as const, data: { template: 'reportDelivered' as const, recipientId, refs } };
  await embedded.system.bus.execute(new MailCommand({ id, message, caller: embedded.caller(id) }));
  return id;
};
const shown = async (id: string) => {
  await embedded.settled();
  return (await (await embedded.system.readModels.open<MailRecord>(mails)).get(id))!.doc;
};
const later = (minutes: number) => {
  clock.instant = new Date(Date.parse(clock.instant) + minutes * 60_000).toISOString();
};

test('a doctor hears of the registration, with department and specialisation', async () => {
  await embedded.doctor('rahman', 'green');
  await embedded.settled();
  expect(sent).toMatchObject([{ to: 'rahman@healthstack.example' }]);
  expect(sent[0]!.text).toContain('Dear rahman');
  expect(sent[0]!.text).toContain('Department: Cardiology');
  expect(sent[0]!.text).toContain('Specialisation: Heart');
  expect(sent[0]!.text).toContain('বিভাগ: Cardiology');
});

describe('a mail', () => {
  let patientId: string;
  beforeAll(async () => {
    patientId = (await embedded.person('rahima', { role: 'patient' })).id;
  });
  test('is sent once, under its own id', async () => {
    const id = await ask(patientId);
    expect(await shown(id)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(sent).toMatchObject([{ id, to: 'rahima@healthstack.example' }]);
    expect(sent[0]!.text).toContain('Dear rahima');
    expect(sent[0]!.text).toContain('green');
  });
  test('is written in the language that its reader chose', async () => {
    const reader = await embedded.person('amina', { role: 'patient' });
    for (const [language, dear] of [
      ['ar', 'عزيزنا amina'],
      ['bn', 'প্রিয় amina'],
    ] as const) {
      expect((await reader.post('accounts/correct', { language })).status).toBe(202);
      sent.splice(0);
      const id = await ask(reader.id);
      expect(await shown(id)).toMatchObject({ status: 'sent' });
      expect(sent[0]!.text).toContain(dear);
      expect(sent[0]!.text).not.toContain('Dear');
    }
    expect((await reader.post('accounts/correct', { language: 'fr' })).body.errors).toMatchObject([
      { field: 'language' },
    ]);
  });
  test('that fails is tried again later', async () => {
    refusal = new Error('451');
    const id = await ask(patientId);
    expect(await shown(id)).toMatchObject({ status: 'waiting', attempts: 1, retryAt: '2090-01-01T03:01:00.000Z' });
    later(1);
    expect(await shown(id)).toMatchObject({ status: 'waiting', attempts: 2 });
    refusal = undefined;
    later(4);
    expect(await shown(id)).toMatchObject({ status: 'waiting' });
    later(2);
    expect(await shown(id)).toMatchObject({ status: 'sent', attempts: 3 });
    expect(sent).toHaveLength(1);
  });
  test('that always fails is given up', async () => {
    refusal = new Error('451');
    const id = await ask(patientId);
    for (const minutes of [1, 5, 30, 120, 480, 1_440]) {
      expect((await shown(id)).status).toBe('waiting');
      later(minutes);
    }
    expect(await shown(id)).toMatchObject({ status: 'givenUp', attempts: 7 });
  });
  test('that is refused is refused for good', async () => {
    refusal = new MailRefused('550');
    const id = await ask(patientId);
    expect(await shown(id)).toMatchObject({ status: 'refused', reason: 'refused' });
    refusal = undefined;
    later(2_000);
    expect((await shown(id)).status).toBe('refused');
    expect(sent).toEqual([]);
  });
  test('to nobody is refused', async () => {
    const id = await ask(idOf('nobody'));
    expect(await shown(id)).toMatchObject({ status: 'refused', reason: 'no-address' });
  });
  test('that has become old news is not sent', async () => {
    refusal = new Error('451');
    const id = await ask(patientId);
    await shown(id);
    refusal = undefined;
    later(8 * 24 * 60);
    expect(await shown(id)).toMatchObject({ status: 'refused', reason: 'outdated' });
    expect(sent).toEqual([]);
  });
});

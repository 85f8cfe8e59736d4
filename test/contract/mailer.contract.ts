import { simpleParser, type ParsedMail } from 'mailparser';
import { type Mail, type Mailer, MailRefused } from '../../application/kernel/mailer.js';

/** A mailer to be tested, and where its mails arrive. */
export interface MailBench {
  readonly mailer: Mailer;
  /** The mails that arrived, as they came. */
  arrived(): Promise<Buffer[]>;
  close(): Promise<void>;
}

export const FROM = 'HealthStack <no-reply@healthstack.example>';
/** The bench of an adapter that hears its recipient's server refuses this one. */
export const NOBODY = 'nobody@example.org';

let mails = 0;
const mail = (change: Partial<Mail> = {}): Mail => ({
  id: `00000000-0000-4000-8000-${String(++mails).padStart(12, '0')}`,
  to: 'rahima@example.org',
  subject: 'আপনার অ্যাপয়েন্টমেন্ট',
  text: 'প্রিয় রহিমা,\n\nYour appointment is on 1 January.\n.\nA line that is a dot does not end the mail.',
  ...change,
});

/** What every adapter of the Mailer port promises. */
export const mailerContract = (name: string, open: () => Promise<MailBench>): void => {
  describe(name, () => {
    let bench: MailBench;
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(() => bench.close());
    const parsed = async (): Promise<ParsedMail[]> =>
      Promise.all((await bench.arrived()).map((raw) => simpleParser(raw)));

    test('a mail arrives as it was written, in any script', async () => {
      const sent = mail();
      await bench.mailer.send(sent);
      const [came, ...others] = await parsed();
      expect(others).toEqual([]);
      expect(came!.subject).toBe(sent.subject);
      expect(came!.text!.trim()).toBe(sent.text);
      expect(came!.from!.value).toEqual([{ name: 'HealthStack', address: 'no-reply@healthstack.example' }]);
      expect([came!.to].flat().flatMap((to) => to!.value)).toEqual([{ name: '', address: sent.to }]);
      expect(came!.messageId).toBe(`<${sent.id}@healthstack>`);
    });
    test('the same mail twice has the same Message-ID', async () => {
      const sent = mail();
      await bench.mailer.send(sent);
      await bench.mailer.send(sent);
      expect(new Set((await parsed()).map(({ messageId }) => messageId))).toEqual(
        new Set([`<${sent.id}@healthstack>`]),
      );
    });
    test('several mails are several', async () => {
      await Promise.all([bench.mailer.send(mail()), bench.mailer.send(mail()), bench.mailer.send(mail())]);
      expect(await bench.arrived()).toHaveLength(3);
    });
    test.each([
      ['no address', 'rahima'],
      ['two addresses', 'rahima@example.org, karim@example.org'],
      ['a header', 'rahima@example.org\r\nBcc: karim@example.org'],
      ['nothing', ''],
    ])('%s is refused for good, and nothing arrives', async (_, to) => {
      await expect(bench.mailer.send(mail({ to }))).rejects.toBeInstanceOf(MailRefused);
      expect(await bench.arrived()).toEqual([]);
    });
    test('a subject cannot smuggle in a header', async () => {
      await bench.mailer.send(mail({ subject: 'Hello\r\nBcc: karim@example.org' }));
      const [came] = await parsed();
      expect(came!.bcc).toBeUndefined();
      expect(came!.headers.has('bcc')).toBe(false);
    });
    test('an id that is no name of a file is refused', async () => {
      await expect(bench.mailer.send(mail({ id: '../../etc/passwd' }))).rejects.toBeInstanceOf(MailRefused);
    });
  });
};

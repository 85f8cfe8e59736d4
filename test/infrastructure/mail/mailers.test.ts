import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { MailRefused } from '../../../application/kernel/mailer.js';
import { folderMailer } from '../../../infrastructure/mail/folder.js';
import { smtpMailer } from '../../../infrastructure/mail/smtp.js';
import { FROM, mailerContract, NOBODY } from '../../contract/mailer.contract.js';

const folder = async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'mail-')), 'mail');
  const names = () => readdir(path).catch(() => [] as string[]);
  return {
    mailer: folderMailer({ folder: path, from: FROM }),
    names,
    arrived: async () => Promise.all((await names()).map((name) => readFile(join(path, name)))),
    close: () => rm(join(path, '..'), { recursive: true }),
  };
};

const saying = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

const server = async (change: SMTPServerOptions = {}, timeoutMs = 2_000) => {
  const arrived: Buffer[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, done) => done(address === NOBODY ? saying(550) : null),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        arrived.push(Buffer.concat(chunks));
        done();
      });
    },
    ...change,
  });
  smtp.on('error', () => undefined);
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as AddressInfo;
  const mailer = smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: FROM, timeoutMs });
  return {
    mailer,
    arrived: async () => arrived,
    close: async () => {
      mailer.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
};

mailerContract('a folder', folder);
mailerContract('an SMTP server', () => server());

const mail = { id: 'a-1', to: 'rahima@example.org', subject: 'Hello', text: 'Hello' };

test('in a folder the same mail twice is one file, and no half one is left', async () => {
  const bench = await folder();
  await Promise.all([bench.mailer.send(mail), bench.mailer.send({ ...mail, id: 'a-2' })]);
  await bench.mailer.send(mail);
  expect((await bench.names()).sort()).toEqual(['a-1.eml', 'a-2.eml']);
  await bench.close();
});

describe('what a server answers', () => {
  const sending = async (change: SMTPServerOptions, to = mail.to) => {
    const bench = await server(change, 300);
    const error: unknown = await bench.mailer.send({ ...mail, to }).catch((caught: unknown) => caught);
    await bench.close();
    return error;
  };
  test('550 about the recipient is a refusal', async () =>
    expect(await sending({}, NOBODY)).toBeInstanceOf(MailRefused));
  test('554 about the message is a refusal', async () =>
    expect(
      await sending({ onData: (stream, _, done) => void stream.resume().on('end', () => done(saying(554))) }),
    ).toBeInstanceOf(MailRefused));
  test.each([
    ['450 about the recipient', { onRcptTo: (_a, _s, done) => done(saying(450)) }],
    ['451 about the message', { onData: (stream, _, done) => void stream.resume().on('end', () => done(saying(451))) }],
    ['421 at the door', { onConnect: (_session, done) => done(saying(421)) }],
    ['nothing', { onMailFrom: () => undefined }],
  ] as [string, SMTPServerOptions][])('%s is to be tried again', async (_, change) => {
    const error = await sending(change);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(MailRefused);
  });
  test('nobody there is to be tried again', async () => {
    const mailer = smtpMailer({ url: 'smtp://127.0.0.1:9', from: FROM, timeoutMs: 300 });
    await expect(mailer.send(mail)).rejects.not.toBeInstanceOf(MailRefused);
    mailer.close();
  });
});

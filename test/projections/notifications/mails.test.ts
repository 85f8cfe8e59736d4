import { mails } from '../../../projections/notifications/mails.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'mail-1';
const requested = {
  stream,
  type: 'MailRequested' as const,
  data: {
    template: 'appointmentAccepted' as const,
    recipientId: 'patient-1',
    refs: { patientId: 'patient-1' },
    at: NOW,
  },
};
const failed = (retryAt?: string) => ({ stream, type: 'MailFailed' as const, data: { attempt: 1, retryAt, at: NOW } });
const due = { stream, type: 'MailRetryDue' as const, data: { attempt: 2, at: NOW } };
const sent = {
  stream,
  type: 'MailSent' as const,
  data: { languages: ['en' as const], templateHash: 'a'.repeat(64), attempt: 2, at: NOW },
};

test('a mail shows what became of it', () => {
  expect(project(mails, requested)['1']).toMatchObject({ status: 'requested', recipientId: 'patient-1', attempts: 0 });
  expect(project(mails, requested, failed('2030-01-01T08:01:00.000Z'))['1']).toMatchObject({
    status: 'waiting',
    retryAt: '2030-01-01T08:01:00.000Z',
  });
  expect(project(mails, requested, failed('2030-01-01T08:01:00.000Z'), due, sent)['1']).toMatchObject({
    status: 'sent',
    attempts: 2,
    endedAt: NOW,
  });
  expect(project(mails, requested, failed())['1']).toMatchObject({ status: 'givenUp' });
});
test('nothing where the beginning is missing', () => expect(project(mails, sent, due)).toEqual({}));

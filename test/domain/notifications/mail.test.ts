import { mail } from '../../../domain/notifications/mail.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(mail, '00000000-0000-4000-8000-000000000001');
const asked = { template: 'appointmentAccepted' as const, recipientId: 'patient-1', refs: { patientId: 'patient-1' } };
const request = { type: 'RequestMail' as const, data: asked };
const requested = { type: 'MailRequested' as const, data: { ...asked, at: NOW } };
const written = { languages: ['en' as const], templateHash: 'a'.repeat(64) };
const sent = (attempt = 1) => ({ type: 'MailSent' as const, data: { ...written, attempt, at: NOW } });
const failed = (attempt: number, retryAt?: string) => ({
  type: 'MailFailed' as const,
  data: { attempt, ...(retryAt && { retryAt }), at: NOW },
});
const failure = { type: 'RecordMailFailure' as const, data: {} };
const retry = (attempt: number) => ({ type: 'RetryMail' as const, data: { attempt } });
const due = (attempt: number) => ({ type: 'MailRetryDue' as const, data: { attempt, at: NOW } });
const success = { type: 'RecordMailSent' as const, data: written };
const refusal = { type: 'RecordMailRefused' as const, data: { reason: 'refused' as const } };
const refused = { type: 'MailRefused' as const, data: { reason: 'refused' as const, attempt: 1, at: NOW } };
const soon = '2030-01-01T08:01:00.000Z';

test('a mail is requested once for one occasion', () => {
  given().when(request).then(requested);
  given(requested).when(request).then();
});
test('and sent once', () => {
  given(requested).when(success).then(sent());
  given(requested, sent()).when(success).then();
  given(requested, sent()).when(failure).then();
  given(requested, sent()).when(refusal).then();
});
test('what is refused is refused for good', () => {
  given(requested).when(refusal).then(refused);
  given(requested, refused).when(success).then();
  given(requested, refused).when(retry(2)).then();
});
test('what fails is tried again, each time later', () => {
  given(requested).when(failure).then(failed(1, soon));
  given(requested, failed(1, soon)).when(retry(2)).then(due(2));
  given(requested, failed(1, soon), due(2)).when(failure).then(failed(2, '2030-01-01T08:05:00.000Z'));
  given(requested, failed(1, soon), due(2)).when(success).then(sent(2));
});
test('a retry comes once, and only its own', () => {
  given(requested, failed(1, soon), due(2)).when(retry(2)).then();
  given(requested, failed(1, soon)).when(retry(3)).then();
  given(requested).when(retry(2)).then();
});
test('after the seventh failure it is given up', () => {
  const six = Array.from({ length: 6 }, (_, i) => [failed(i + 1, soon), due(i + 2)]).flat();
  given(requested, ...six)
    .when(failure)
    .then(failed(7));
  given(requested, ...six, failed(7))
    .when(retry(8))
    .then();
});
test('a mail that nobody requested', () => given().when(success).rejects('mail-unknown'));
test('holds ids only: no field of its events is protected, because none needs to be', () => {
  expect(() => mail.commands.RequestMail.parse({ ...asked, name: 'Rahima' })).toThrow();
  expect(() => mail.commands.RequestMail.parse({ ...asked, refs: { patientId: 'Rahima Begum' } })).toThrow();
});

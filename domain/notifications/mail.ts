import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { asItWas, event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant } from '../kernel/types.js';
import { Language } from '../kernel/wording.js';
import { TEMPLATES, type TemplateName } from './templates.js';

// Stream mail-<id of the event that caused it>: one occasion, one mail. It holds whom it is for and what it is about by
// ids only; names and addresses are looked up when it is sent. It is requested, then waiting, sent, refused or given up.

const Template = z.enum(Object.keys(TEMPLATES) as [TemplateName, ...TemplateName[]]);

/** What a mail is about, by ids. */
const Refs = z.strictObject({
  patientId: Id.optional(),
  doctorId: Id.optional(),
  hospitalId: Id.optional(),
  appointmentId: Id.optional(),
  orderId: Id.optional(),
  paymentId: Id.optional(),
  invoice: Id.optional().describe('The number of the invoice.'),
});
export type Refs = z.infer<typeof Refs>;

export const commands = {
  RequestMail: z.strictObject({ template: Template, recipientId: Id, refs: Refs }),
  RecordMailSent: z.strictObject({
    languages: z.array(Language).min(1),
    /** SHA-256 over the template as it was, so that it is known what was written. */
    templateHash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  RecordMailRefused: z.strictObject({ reason: z.enum(['refused', 'no-address', 'outdated']) }),
  RecordMailFailure: z.strictObject({}),
  RetryMail: z.strictObject({ attempt: z.int().min(2) }),
};

export const events = {
  MailRequested: event(z.object({ ...commands.RequestMail.shape, at: Instant }), asItWas),
  MailSent: event(z.object({ ...commands.RecordMailSent.shape, attempt: z.int(), at: Instant }), asItWas),
  MailRefused: event(z.object({ ...commands.RecordMailRefused.shape, attempt: z.int(), at: Instant })),
  /** The server could not be reached or said to come again; without `retryAt` it was the last time. */
  MailFailed: event(z.object({ attempt: z.int(), retryAt: Instant.optional(), at: Instant })),
  MailRetryDue: event(z.object({ attempt: z.int(), at: Instant })),
};

export interface State {
  readonly status: 'none' | 'requested' | 'waiting' | 'sent' | 'refused' | 'givenUp';
  readonly requested: z.output<typeof events.MailRequested.schema> | undefined;
  /** How often it was tried without success. */
  readonly failures: number;
}

const RETRY_AFTER_MINUTES = [1, 5, 30, 120, 480, 1_440];

const isOpen = ({ status }: State): boolean => {
  if (status === 'none') reject('mail-unknown', 'There is no such mail.', 'missing');
  return status === 'requested' || status === 'waiting';
};

const later = (at: string, minutes: number): string => new Date(Date.parse(at) + minutes * 60_000).toISOString();

export const mail = decider<State>()({
  category: 'mail',
  commands,
  events,
  initial: { status: 'none', requested: undefined, failures: 0 },
  parties: ({ requested }, data) => {
    const { recipientId, refs } = requested ?? data;
    return { accountId: recipientId, patientId: refs?.patientId, hospitalId: refs?.hospitalId };
  },
  decide: {
    RequestMail: ({ status }, data, { at }) =>
      status === 'none' ? [{ type: 'MailRequested', data: { ...data, at } }] : [],
    RecordMailSent: (state, data, { at }) =>
      isOpen(state) ? [{ type: 'MailSent', data: { ...data, attempt: state.failures + 1, at } }] : [],
    RecordMailRefused: (state, { reason }, { at }) =>
      isOpen(state) ? [{ type: 'MailRefused', data: { reason, attempt: state.failures + 1, at } }] : [],
    RecordMailFailure: (state, _, { at }) => {
      if (!isOpen(state)) return [];
      const minutes = RETRY_AFTER_MINUTES[state.failures];
      const retryAt = minutes === undefined ? undefined : later(at, minutes);
      return [{ type: 'MailFailed', data: { attempt: state.failures + 1, retryAt, at } }];
    },
    RetryMail: (state, { attempt }, { at }) =>
      isOpen(state) && state.status === 'waiting' && attempt === state.failures + 1
        ? [{ type: 'MailRetryDue', data: { attempt, at } }]
        : [],
  },
  evolve: {
    MailRequested: (_, requested) => ({ status: 'requested', requested, failures: 0 }),
    MailSent: (state) => ({ ...state, status: 'sent' }),
    MailRefused: (state) => ({ ...state, status: 'refused' }),
    MailFailed: (state, { attempt, retryAt }) => ({
      ...state,
      status: retryAt === undefined ? 'givenUp' : 'waiting',
      failures: attempt,
    }),
    MailRetryDue: (state) => ({ ...state, status: 'requested' }),
  },
});

import { mail } from '../../domain/notifications/mail.js';
import type { TemplateName } from '../../domain/notifications/templates.js';
import { projection } from '../kernel/projection.js';

/** A mail and what became of it. What it says is not kept. */
export interface MailRecord {
  readonly template: TemplateName;
  readonly recipientId: string;
  readonly patientId?: string;
  readonly hospitalId?: string;
  readonly status: 'requested' | 'waiting' | 'sent' | 'refused' | 'givenUp';
  readonly requestedAt: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly retryAt?: string;
  readonly reason?: string;
}

const changed = (doc: MailRecord | undefined, change: Partial<MailRecord>): MailRecord | null =>
  doc ? { ...doc, ...change } : null;

export const mails = projection<MailRecord>()({
  name: 'mails',
  version: 1,
  from: mail.events,
  key: ({ stream }) => stream.slice(stream.indexOf('-') + 1),
  indexes: { byRecipient: ['recipientId', 'requestedAt'], byStatus: ['status', 'requestedAt'] },
  parties: ({ recipientId, patientId, hospitalId }) => ({ accountId: recipientId, patientId, hospitalId }),
  phi: true,
  on: {
    MailRequested: (_, { data: { template, recipientId, refs, at } }) => ({
      template,
      recipientId,
      ...(refs.patientId !== undefined && { patientId: refs.patientId }),
      ...(refs.hospitalId !== undefined && { hospitalId: refs.hospitalId }),
      status: 'requested',
      requestedAt: at,
      attempts: 0,
    }),
    MailSent: (doc, { data: { attempt, at } }) => changed(doc, { status: 'sent', attempts: attempt, endedAt: at }),
    MailRefused: (doc, { data: { attempt, at, reason } }) =>
      changed(doc, { status: 'refused', attempts: attempt, endedAt: at, reason }),
    MailFailed: (doc, { data: { attempt, at, retryAt } }) =>
      retryAt === undefined
        ? changed(doc, { status: 'givenUp', attempts: attempt, endedAt: at })
        : changed(doc, { status: 'waiting', attempts: attempt, retryAt }),
    MailRetryDue: (doc) => changed(doc, { status: 'requested', retryAt: undefined }),
  },
});

import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant, Line, Prose } from '../kernel/types.js';

// Stream thread-<doctorId>_<patientId>: what a doctor and a patient write to each other. Inside it: only these two
// write, only while a confirmed appointment of theirs is not longer ago than the grace period, and messages are
// numbered 1, 2, 3, ... without a gap. Who sent what comes with the actor, never with the command.

export const ThreadId = Id.regex(/^[^_]+_[^_]+$/, 'Not the id of a chat.');

export const threadId = (doctorId: string, patientId: string): string => `${doctorId}_${patientId}`;

export const peopleOf = (id: string): { readonly doctorId: string; readonly patientId: string } => {
  const cut = id.indexOf('_');
  return { doctorId: id.slice(0, cut), patientId: id.slice(cut + 1) };
};

const CORRECTIONS_MAX = 10;
const DAY_MS = 86_400_000;

// Commands

const Text = health(Prose(4_000));
const Sequence = z.int().min(1).describe("The message's number in its thread.");

export const commands = {
  /** Sent by reactions: an appointment was confirmed. */
  OpenThread: z.strictObject({ appointmentId: Id, hospitalId: Id, end: Instant }),
  /** Sent by reactions: a confirmed appointment got another time. */
  MoveTerm: z.strictObject({ appointmentId: Id, hospitalId: Id, end: Instant }),
  /** Sent by reactions: a confirmed appointment will not take place. */
  WithdrawTerm: z.strictObject({ appointmentId: Id }),
  SendMessage: z.strictObject({ text: Text }),
  /** Sent by an import on behalf of its sender: written in another system, at its time. */
  TakeOverMessage: z.strictObject({ text: Text }),
  CorrectMessage: z.strictObject({ sequence: Sequence, text: Text }),
  RedactMessage: z.strictObject({ sequence: Sequence, reason: health(Line(300)) }),
  MarkRead: z.strictObject({ upTo: Sequence }),
};

// Events

const Between = z.object({ doctorId: Id, patientId: Id, hospitalId: Id, at: Instant });
const Side = z.enum(['doctor', 'patient']);
type Side = z.infer<typeof Side>;

/** `until`: how long this appointment keeps the thread open, null when it no longer does; `closesAt`: all of them. */
const Term = Between.extend({ appointmentId: Id, until: Instant.nullable(), closesAt: Instant });
const Message = Between.extend({ sequence: z.int().positive() });

export const events = {
  ThreadOpened: event(Term),
  ThreadTermChanged: event(Term),
  MessageSent: event(Message.extend({ sender: Side, text: health(z.string()) })),
  /** The original stays where it is, in the event before. */
  MessageCorrected: event(Message.extend({ text: health(z.string()) })),
  MessageRedacted: event(
    Message.extend({ by: z.union([Side, z.literal('complianceOfficer')]), reason: health(z.string()) }),
  ),
  /** `unread`: how many messages of the other side are left. */
  MessagesRead: event(Between.extend({ reader: Side, upTo: z.int().positive(), unread: z.int().min(0) })),
};

// State

export interface Thread {
  /** Of the latest appointment; undefined until one is confirmed. */
  readonly hospitalId?: string;
  /** How long each appointment keeps it open; those in the past are dropped when another one comes. */
  readonly terms: Readonly<Record<string, string>>;
  /** The sender of each message, one letter each: d or p. Its length is the last number given. */
  readonly senders: string;
  readonly readUpTo: Readonly<Record<Side, number>>;
  /** How often a message was corrected; those that never were are missing. */
  readonly corrections: Readonly<Record<number, number | 'redacted'>>;
}

export interface ThreadFacts {
  readonly graceDays: number;
}

const LETTER: Readonly<Record<Side, string>> = { doctor: 'd', patient: 'p' };

const closingOf = (terms: Thread['terms'], at: string): string =>
  Object.values(terms).reduce((latest, until) => (until > latest ? until : latest), at);

// Rules

const opened = (thread: Thread): string =>
  thread.hospitalId ?? reject('thread-unknown', 'A confirmed appointment opens a chat.', 'missing');

const ensureOpen = (thread: Thread, at: string): void => {
  if (closingOf(thread.terms, at) <= at) reject('thread-closed', 'The last appointment is too long ago to write.');
};

/** On which side of the thread the actor is; rejects everybody else. */
const sideOf = (actorId: string, id: string): Side => {
  const { doctorId, patientId } = peopleOf(id);
  if (actorId === doctorId) return 'doctor';
  if (actorId === patientId) return 'patient';
  return reject('not-of-thread', 'Only the doctor and the patient of a chat may do this.', 'forbidden');
};

const senderOf = (thread: Thread, sequence: number): Side => {
  const letter = thread.senders[sequence - 1];
  if (letter === undefined) reject('message-unknown', 'There is no such message.', 'missing', 'sequence');
  return letter === LETTER.doctor ? 'doctor' : 'patient';
};

/** The next message of a thread. */
const sent = (thread: Thread, id: string, sender: Side, text: string, at: string) => ({
  type: 'MessageSent' as const,
  data: { ...peopleOf(id), hospitalId: opened(thread), sequence: thread.senders.length + 1, sender, text, at },
});

/** The event by which an appointment keeps a thread open until then, or no longer. */
const termEvent = (
  thread: Thread,
  appointmentId: string,
  until: string | null,
  hospitalId: string,
  id: string,
  at: string,
) => {
  const { [appointmentId]: _, ...others } = thread.terms;
  const closesAt = closingOf(until === null ? others : { ...others, [appointmentId]: until }, at);
  const type = thread.hospitalId === undefined ? ('ThreadOpened' as const) : ('ThreadTermChanged' as const);
  return { type, data: { ...peopleOf(id), hospitalId, appointmentId, until, closesAt, at } };
};

const graceAfter = (end: string, { graceDays }: ThreadFacts): string =>
  new Date(Date.parse(end) + graceDays * DAY_MS).toISOString();

export const thread = decider<Thread, ThreadFacts>()({
  category: 'thread',
  commands,
  events,
  initial: { terms: {}, senders: '', readUpTo: { doctor: 0, patient: 0 }, corrections: {} },

  parties: ({ hospitalId }, data, { id }) => ({ ...peopleOf(id), hospitalId: data.hospitalId ?? hospitalId }),

  decide: {
    OpenThread(thread, { appointmentId, hospitalId, end }, { id, at, facts }) {
      const until = graceAfter(end, facts);
      if (thread.terms[appointmentId] === until) return [];
      return [termEvent(thread, appointmentId, until, hospitalId, id, at)];
    },
    MoveTerm(thread, { appointmentId, hospitalId, end }, { id, at, facts }) {
      const until = graceAfter(end, facts);
      const known = thread.terms[appointmentId];
      if (known === undefined || known === until) return [];
      return [termEvent(thread, appointmentId, until, hospitalId, id, at)];
    },
    WithdrawTerm(thread, { appointmentId }, { id, at }) {
      if (thread.terms[appointmentId] === undefined) return [];
      return [termEvent(thread, appointmentId, null, opened(thread), id, at)];
    },
    SendMessage(thread, { text }, { id, at, actor }) {
      const sender = sideOf(actor.id, id);
      opened(thread);
      ensureOpen(thread, at);
      return [sent(thread, id, sender, text, at)];
    },
    TakeOverMessage: (thread, { text }, { id, at, actor }) => [
      sent(thread, id, sideOf(actor.onBehalfOf ?? actor.id, id), text, at),
    ],
    CorrectMessage(thread, { sequence, text }, { id, at, actor }) {
      const side = sideOf(actor.id, id);
      const hospitalId = opened(thread);
      ensureOpen(thread, at);
      if (senderOf(thread, sequence) !== side) reject('not-yours', 'Only its sender corrects a message.', 'forbidden');
      if (thread.corrections[sequence] === 'redacted') reject('message-redacted', 'The message was redacted.');
      if (timesCorrected(thread, sequence) >= CORRECTIONS_MAX)
        reject('too-many', `A message is corrected ${CORRECTIONS_MAX} times at most.`);
      return [{ type: 'MessageCorrected', data: { ...peopleOf(id), hospitalId, sequence, text, at } }];
    },
    RedactMessage(thread, { sequence, reason }, { id, at, actor }) {
      const by = actor.role === 'complianceOfficer' ? actor.role : sideOf(actor.id, id);
      const hospitalId = opened(thread);
      const sender = senderOf(thread, sequence);
      if (by !== 'complianceOfficer' && by !== sender)
        reject('not-yours', 'Only its sender or a compliance officer redacts a message.', 'forbidden');
      if (thread.corrections[sequence] === 'redacted') return [];
      return [{ type: 'MessageRedacted', data: { ...peopleOf(id), hospitalId, sequence, by, reason, at } }];
    },
    MarkRead(thread, { upTo }, { id, at, actor }) {
      const reader = sideOf(actor.id, id);
      const hospitalId = opened(thread);
      if (upTo > thread.senders.length) reject('message-unknown', 'There is no such message.', 'missing', 'upTo');
      if (upTo <= thread.readUpTo[reader]) return [];
      const left = thread.senders.slice(upTo);
      const unread = left.length - left.replaceAll(reader === 'doctor' ? LETTER.patient : LETTER.doctor, '').length;
      return [{ type: 'MessagesRead', data: { ...peopleOf(id), hospitalId, reader, upTo, unread, at } }];
    },
  },

  evolve: {
    ThreadOpened: (thread, term) => withTerm(thread, term),
    ThreadTermChanged: (thread, term) => withTerm(thread, term),
    MessageSent: (thread, { sender }) => ({ ...thread, senders: thread.senders + LETTER[sender] }),
    MessageCorrected: (thread, { sequence }) => ({
      ...thread,
      corrections: { ...thread.corrections, [sequence]: timesCorrected(thread, sequence) + 1 },
    }),
    MessageRedacted: (thread, { sequence }) => ({
      ...thread,
      corrections: { ...thread.corrections, [sequence]: 'redacted' },
    }),
    MessagesRead: (thread, { reader, upTo }) => ({ ...thread, readUpTo: { ...thread.readUpTo, [reader]: upTo } }),
  },
});

const timesCorrected = ({ corrections }: Thread, sequence: number): number => Number(corrections[sequence] ?? 0);

const withTerm = (thread: Thread, { hospitalId, appointmentId, until, at }: z.infer<typeof Term>): Thread => {
  const kept = Object.entries(thread.terms).filter(([id, ends]) => id !== appointmentId && ends > at);
  return {
    ...thread,
    hospitalId,
    terms: Object.fromEntries(until === null ? kept : [...kept, [appointmentId, until]]),
  };
};

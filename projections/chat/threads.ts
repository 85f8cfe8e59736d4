import { events } from '../../domain/chat/thread.js';
import type { Parties } from '../../domain/kernel/envelope.js';
import { projection } from '../kernel/projection.js';

/** A chat as it stands in the lists of its two people. Names are joined when read. */
export interface ChatThread {
  readonly doctorId: string;
  readonly patientId: string;
  /** Of the latest appointment. */
  readonly hospitalId: string;
  /** Until then both may write. */
  readonly closesAt: string;
  /** The number of the last message; 0 without any. */
  readonly lastSequence: number;
  /** When the last message was sent; without any, when the chat was opened. */
  readonly lastAt: string;
  /** Messages of the other side that each has not read. */
  readonly unread: { readonly doctor: number; readonly patient: number };
  /** The last message that each has read. */
  readonly readUpTo: { readonly doctor: number; readonly patient: number };
  /** Of the thread's stream: the ETag of every command on it. */
  readonly revision: number;
}

/** Who may read what was written: the patient always; the doctor as long as the chat is open. */
export const readersOf = ({ doctorId, patientId, hospitalId, closesAt }: ChatThread, at: string): Parties => ({
  patientId,
  hospitalId,
  ...(closesAt > at && { doctorId }),
});

const changed = (doc: ChatThread | undefined, change: Partial<ChatThread>): ChatThread | null =>
  doc ? { ...doc, ...change } : null;

export const threads = projection<ChatThread>()({
  name: 'chatThreads',
  version: 1,
  from: events,
  key: ({ stream }) => stream.slice(stream.indexOf('-') + 1),
  indexes: { byDoctor: ['doctorId', 'lastAt'], byPatient: ['patientId', 'lastAt'] },
  parties: ({ doctorId, patientId, hospitalId }) => ({ doctorId, patientId, hospitalId }),
  phi: true,
  on: {
    ThreadOpened: (_doc, { data: { doctorId, patientId, hospitalId, closesAt, at }, revision }) => ({
      doctorId,
      patientId,
      hospitalId,
      closesAt,
      lastSequence: 0,
      lastAt: at,
      unread: { doctor: 0, patient: 0 },
      readUpTo: { doctor: 0, patient: 0 },
      revision,
    }),
    ThreadTermChanged: (doc, { data: { hospitalId, closesAt }, revision }) =>
      changed(doc, { hospitalId, closesAt, revision }),
    MessageSent: (doc, { data: { sequence, sender, at }, revision }) => {
      const reader = sender === 'doctor' ? 'patient' : 'doctor';
      const unread = doc && { ...doc.unread, [reader]: doc.unread[reader] + 1 };
      return changed(doc, { lastSequence: sequence, lastAt: at, unread, revision });
    },
    MessageCorrected: (doc, { revision }) => changed(doc, { revision }),
    MessageRedacted: (doc, { revision }) => changed(doc, { revision }),
    MessagesRead: (doc, { data: { reader, upTo, unread }, revision }) =>
      doc
        ? {
            ...doc,
            unread: { ...doc.unread, [reader]: unread },
            readUpTo: { ...doc.readUpTo, [reader]: upTo },
            revision,
          }
        : null,
  },
});

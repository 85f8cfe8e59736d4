import { events, threadId } from '../../domain/chat/thread.js';
import { projection } from '../kernel/projection.js';

/** One message of a chat, as it reads now. */
export interface ChatMessage {
  readonly threadId: string;
  readonly doctorId: string;
  readonly patientId: string;
  readonly hospitalId: string;
  /** 1, 2, 3, ... without a gap within its thread. */
  readonly sequence: number;
  readonly sender: 'doctor' | 'patient';
  /** Missing once it was redacted. */
  readonly text?: string;
  readonly at: string;
  /** How it read before, oldest first. */
  readonly earlier?: readonly { readonly text: string; readonly until: string }[];
  readonly redacted?: {
    readonly by: 'doctor' | 'patient' | 'complianceOfficer';
    readonly reason: string;
    readonly at: string;
  };
  /** Of the thread's stream, when this message last changed. */
  readonly revision: number;
  /** The event that holds the original, whatever became of it. */
  readonly original: { readonly eventId: string; readonly position: string; readonly revision: number };
}

const { MessageSent, MessageCorrected, MessageRedacted } = events;

export const messages = projection<ChatMessage>()({
  name: 'chatMessages',
  version: 1,
  from: { MessageSent, MessageCorrected, MessageRedacted },
  key: ({ data: { doctorId, patientId, sequence } }) => `${threadId(doctorId, patientId)}_${sequence}`,
  indexes: { byThread: ['threadId', 'sequence'], byChange: ['threadId', 'revision'] },
  search: ['text'],
  searchFilters: ['threadId', 'doctorId', 'patientId'],
  parties: ({ doctorId, patientId, hospitalId }) => ({ doctorId, patientId, hospitalId }),
  phi: true,
  on: {
    MessageSent: (_doc, { data, id: eventId, position, revision }) => ({
      ...data,
      threadId: threadId(data.doctorId, data.patientId),
      revision,
      original: { eventId, position, revision },
    }),
    MessageCorrected: (doc, { data: { text, at }, revision }) =>
      doc?.text === undefined
        ? (doc ?? null)
        : { ...doc, text, earlier: [...(doc.earlier ?? []), { text: doc.text, until: at }], revision },
    MessageRedacted: (doc, { data: { by, reason, at }, revision }) => {
      if (!doc) return null;
      const { text: _text, earlier: _earlier, ...rest } = doc;
      return { ...rest, redacted: { by, reason, at }, revision };
    },
  },
});

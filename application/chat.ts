import { events as appointments } from '../domain/appointments/doctor-day.js';
import { chatTerms } from '../domain/chat/chat-terms.js';
import { thread, threadId } from '../domain/chat/thread.js';
import { DomainCommand, handle } from './kernel/handle.js';
import { type Outgoing, reaction, send } from './kernel/reaction.js';

export class ThreadCommand extends DomainCommand<typeof thread> {}
export class ChatTermsCommand extends DomainCommand<typeof chatTerms> {}

export const handlers = [
  handle(ThreadCommand, thread, async ({ data }, { load }) =>
    'hospitalId' in data ? load(chatTerms, data.hospitalId) : chatTerms.initial,
  ),
  handle(ChatTermsCommand, chatTerms),
];

interface Appointment {
  readonly appointmentId: string;
  readonly doctorId: string;
  readonly patientId: string;
}

const withdrawTerm = ({ data }: { readonly data: Appointment }): Outgoing[] => [
  send(ThreadCommand, threadId(data.doctorId, data.patientId), {
    type: 'WithdrawTerm',
    data: { appointmentId: data.appointmentId },
  }),
];

const { AppointmentConfirmed, AppointmentRescheduled, AppointmentCancelled, AppointmentMoved } = appointments;

export const reactions = [
  reaction({
    name: 'open-chat-when-appointment-confirmed',
    from: { AppointmentConfirmed },
    on: {
      AppointmentConfirmed: ({ data: { doctorId, patientId, ...data } }) => {
        const { appointmentId, hospitalId, end } = data;
        return [
          send(ThreadCommand, threadId(doctorId, patientId), {
            type: 'OpenThread',
            data: { appointmentId, hospitalId, end },
          }),
        ];
      },
    },
  }),
  reaction({
    name: 'keep-chat-open-by-the-new-time-when-appointment-rescheduled',
    from: { AppointmentRescheduled },
    on: {
      AppointmentRescheduled: ({ data: { doctorId, patientId, ...data } }) => {
        const { appointmentId, hospitalId, end } = data;
        return [
          send(ThreadCommand, threadId(doctorId, patientId), {
            type: 'MoveTerm',
            data: { appointmentId, hospitalId, end },
          }),
        ];
      },
    },
  }),
  reaction({
    name: 'close-chat-when-its-appointment-is-called-off',
    from: { AppointmentCancelled, AppointmentMoved },
    on: { AppointmentCancelled: withdrawTerm, AppointmentMoved: withdrawTerm },
  }),
];

import * as chat from '../../application/chat.js';
import type { Reaction } from '../../application/kernel/reaction.js';
import { NOW } from '../kernel/spec.js';

const between = { appointmentId: 'd_2030-01-02_abcdef', doctorId: 'd', patientId: 'p', hospitalId: 'h', at: NOW };
const slot = { start: '2030-01-02T03:00:00.000Z', end: '2030-01-02T03:15:00.000Z' };
const { appointmentId, hospitalId } = between;

/** What is sent because of an event. */
const because = (type: string, data: object) =>
  (chat.reactions as unknown as Reaction[])
    .flatMap(({ on }) => on[type]?.({ type, data } as never) ?? [])
    .map(({ command, id, message }) => [command.name, id, message]);

test('a confirmed appointment opens the chat of its doctor and its patient', () => {
  expect(because('AppointmentConfirmed', { ...between, ...slot, token: 1 })).toEqual([
    ['ThreadCommand', 'd_p', { type: 'OpenThread', data: { appointmentId, hospitalId, end: slot.end } }],
  ]);
});

test('a rescheduled one moves the time until which it is open', () => {
  expect(because('AppointmentRescheduled', { ...between, ...slot })).toEqual([
    ['ThreadCommand', 'd_p', { type: 'MoveTerm', data: { appointmentId, hospitalId, end: slot.end } }],
  ]);
});

test.each(['AppointmentCancelled', 'AppointmentMoved'])('one that is called off (%s) no longer counts', (type) => {
  expect(because(type, between)).toEqual([['ThreadCommand', 'd_p', { type: 'WithdrawTerm', data: { appointmentId } }]]);
});

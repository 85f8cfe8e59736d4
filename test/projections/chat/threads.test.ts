import { readersOf, threads } from '../../../projections/chat/threads.js';
import { NOW } from '../../kernel/spec.js';
import { project } from '../../kernel/project.js';

const stream = 'thread-d_p';
const between = { doctorId: 'd', patientId: 'p', hospitalId: 'h', at: NOW };
const later = '2030-01-01T09:00:00.000Z';
const term = { ...between, appointmentId: 'a', until: later, closesAt: later };
const opened = { stream, type: 'ThreadOpened' as const, data: term };
const sent = (sequence: number, sender: 'doctor' | 'patient', at = NOW) => ({
  stream,
  type: 'MessageSent' as const,
  data: { ...between, sequence, sender, text: 'hello', at },
});
const read = (reader: 'doctor' | 'patient', upTo: number, unread: number) => ({
  stream,
  type: 'MessagesRead' as const,
  data: { ...between, reader, upTo, unread },
});

test('an opened chat has no messages and closes when its appointment says', () => {
  expect(project(threads, opened)).toEqual({
    d_p: {
      doctorId: 'd',
      patientId: 'p',
      hospitalId: 'h',
      closesAt: later,
      lastSequence: 0,
      lastAt: NOW,
      unread: { doctor: 0, patient: 0 },
      readUpTo: { doctor: 0, patient: 0 },
      revision: 0,
    },
  });
});

test('what one side sends the other has not read, until it says so', () => {
  const past = [opened, sent(1, 'patient'), sent(2, 'patient'), sent(3, 'doctor', later)];
  expect(project(threads, ...past).d_p).toMatchObject({
    lastSequence: 3,
    lastAt: later,
    unread: { doctor: 2, patient: 1 },
  });
  expect(project(threads, ...past, read('doctor', 1, 1)).d_p).toMatchObject({
    unread: { doctor: 1, patient: 1 },
    readUpTo: { doctor: 1, patient: 0 },
  });
});

test('another appointment changes when it closes and whose patient it is', () => {
  const data = { ...term, hospitalId: 'h2', closesAt: '2031-01-01T00:00:00.000Z' };
  const changed = { stream, type: 'ThreadTermChanged' as const, data };
  expect(project(threads, opened, changed).d_p).toMatchObject({
    closesAt: data.closesAt,
    hospitalId: 'h2',
    revision: 1,
  });
});

test('events without their chat change nothing', () => {
  expect(project(threads, sent(1, 'patient'), read('doctor', 1, 0))).toEqual({});
});

test('what was written is read by the patient always, by the doctor while the chat is open', () => {
  const thread = project(threads, opened).d_p!;
  expect(readersOf(thread, NOW)).toEqual({ patientId: 'p', doctorId: 'd', hospitalId: 'h' });
  expect(readersOf(thread, later)).toEqual({ patientId: 'p', hospitalId: 'h' });
});

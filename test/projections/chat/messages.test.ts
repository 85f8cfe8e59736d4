import { messages } from '../../../projections/chat/messages.js';
import { NOW } from '../../kernel/spec.js';
import { project } from '../../kernel/project.js';

const stream = 'thread-d_p';
const between = { doctorId: 'd', patientId: 'p', hospitalId: 'h', sequence: 1, at: NOW };
const later = '2030-01-01T09:00:00.000Z';
const sent = {
  stream,
  type: 'MessageSent' as const,
  data: { ...between, sender: 'patient' as const, text: 'left knee' },
};
const corrected = {
  stream,
  type: 'MessageCorrected' as const,
  data: { ...between, text: 'right knee', at: later },
};
const redacted = {
  stream,
  type: 'MessageRedacted' as const,
  data: { ...between, by: 'patient' as const, reason: 'wrong chat', at: later },
};
const original = { eventId: 'event-0', position: '1', revision: 0 };

test('a message shows what was sent, and names the event that holds it', () => {
  expect(project(messages, sent)).toEqual({
    d_p_1: { ...sent.data, threadId: 'd_p', revision: 0, original },
  });
});

test('a corrected one reads as corrected, with what it was before', () => {
  expect(project(messages, sent, corrected).d_p_1).toMatchObject({
    text: 'right knee',
    earlier: [{ text: 'left knee', until: later }],
    revision: 1,
    original,
  });
});

test('of a redacted one no word is left, but that it was, by whom and why', () => {
  const doc = project(messages, sent, corrected, redacted).d_p_1;
  expect(doc).toMatchObject({ sequence: 1, redacted: { by: 'patient', reason: 'wrong chat', at: later }, original });
  expect(JSON.stringify(doc)).not.toContain('knee');
  expect(project(messages, sent, redacted, corrected).d_p_1).not.toHaveProperty('text');
});

test('events without their message change nothing', () => {
  expect(project(messages, corrected)).toEqual({});
  expect(project(messages, redacted)).toEqual({});
});

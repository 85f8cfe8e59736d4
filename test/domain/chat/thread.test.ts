import fc from 'fast-check';
import { type Thread, thread, threadId } from '../../../domain/chat/thread.js';
import { fold } from '../../../domain/kernel/decider.js';
import type { Actor } from '../../../domain/kernel/envelope.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { Rejection } from '../../../domain/kernel/rejection.js';
import { NOW, spec } from '../../kernel/spec.js';

type Event = EventOf<typeof thread.events>;

const ID = threadId('doctor-1', 'patient-1');
const given = spec(thread, ID);
const facts = { graceDays: 30 };
const doctor: Actor = { id: 'doctor-1', role: 'doctor' };
const patient: Actor = { id: 'patient-1', role: 'patient' };
const stranger: Actor = { id: 'patient-2', role: 'patient' };
const officer: Actor = { id: 'officer-1', role: 'complianceOfficer' };

const between = { doctorId: 'doctor-1', patientId: 'patient-1', hospitalId: 'hospital-1', at: NOW };
const END = '2030-01-02T03:15:00.000Z';
const UNTIL = '2030-02-01T03:15:00.000Z';
const opened: Event = { type: 'ThreadOpened', data: { ...between, appointmentId: 'a', until: UNTIL, closesAt: UNTIL } };
const term = (appointmentId: string, until: string | null, closesAt: string): Event => ({
  type: 'ThreadTermChanged',
  data: { ...between, appointmentId, until, closesAt },
});
const sent = (sequence: number, sender: 'doctor' | 'patient', text = 'hello'): Event => ({
  type: 'MessageSent',
  data: { ...between, sequence, sender, text },
});
const redacted: Event = { type: 'MessageRedacted', data: { ...between, sequence: 1, by: 'patient', reason: 'wrong' } };
const open = (appointmentId = 'a', end = END) => ({
  type: 'OpenThread' as const,
  data: { appointmentId, hospitalId: 'hospital-1', end },
});
const write = (text = 'hello') => ({ type: 'SendMessage' as const, data: { text } });
const correct = { type: 'CorrectMessage' as const, data: { sequence: 1, text: 'better' } };
const redact = { type: 'RedactMessage' as const, data: { sequence: 1, reason: 'wrong' } };
const read = (upTo: number) => ({ type: 'MarkRead' as const, data: { upTo } });

describe('a confirmed appointment', () => {
  test('opens the chat until its end and the grace period', () => given().when(open(), { facts }).then(opened));
  test('opens it as long as the hospital says', () =>
    given()
      .when(open(), { facts: { graceDays: 0 } })
      .then({ type: 'ThreadOpened', data: { ...between, appointmentId: 'a', until: END, closesAt: END } }));
  test('that was counted changes nothing', () => given(opened).when(open(), { facts }).then());
  test('that comes later prolongs it', () =>
    given(opened)
      .when(open('b', '2030-03-01T03:15:00.000Z'), { facts })
      .then(term('b', '2030-03-31T03:15:00.000Z', '2030-03-31T03:15:00.000Z')));
  test('that comes sooner does not shorten it', () =>
    given(opened)
      .when(open('b', NOW), { facts })
      .then(term('b', '2030-01-31T08:00:00.000Z', UNTIL)));
  test('that is moved moves the end', () =>
    given(opened)
      .when({ type: 'MoveTerm', data: { ...open('a', '2030-01-03T03:15:00.000Z').data } }, { facts })
      .then(term('a', '2030-02-02T03:15:00.000Z', '2030-02-02T03:15:00.000Z')));
  test('that is called off closes the chat', () =>
    given(opened)
      .when({ type: 'WithdrawTerm', data: { appointmentId: 'a' } })
      .then(term('a', null, NOW)));
  test('that is called off leaves what another one opened', () =>
    given(opened, term('b', '2030-01-20T00:00:00.000Z', UNTIL))
      .when({ type: 'WithdrawTerm', data: { appointmentId: 'a' } })
      .then(term('a', null, '2030-01-20T00:00:00.000Z')));
  test.each(['MoveTerm', 'WithdrawTerm'] as const)('%s of one that was never confirmed opens nothing', (type) =>
    given()
      .when({ type, data: type === 'MoveTerm' ? open().data : { appointmentId: 'a' } } as never, { facts })
      .then(),
  );
});

describe('writing (N4)', () => {
  test('takes the sender from the actor', () => {
    given(opened).when(write(), { actor: patient }).then(sent(1, 'patient'));
    given(opened, sent(1, 'patient')).when(write(), { actor: doctor }).then(sent(2, 'doctor'));
  });
  test('knows no sender in the command', () => {
    expect(thread.commands.SendMessage.safeParse({ text: 'x', sender: 'doctor-1' }).success).toBe(false);
  });
  test('is for the two of them only', () => {
    given(opened).when(write(), { actor: stranger }).rejects('not-of-thread');
    given(opened)
      .when(write(), { actor: { id: 'system', role: 'system' } })
      .rejects('not-of-thread');
  });
  test('needs a confirmed appointment', () => given().when(write(), { actor: patient }).rejects('thread-unknown'));
  test('ends with the grace period, to the millisecond', () => {
    const just = { actor: patient, at: '2030-02-01T03:14:59.999Z' };
    given(opened)
      .when(write(), just)
      .then({ type: 'MessageSent', data: { ...between, sequence: 1, sender: 'patient', text: 'hello', at: just.at } });
    given(opened).when(write(), { actor: patient, at: UNTIL }).rejects('thread-closed');
    given(opened, term('a', null, NOW))
      .when(write(), { actor: doctor })
      .rejects('thread-closed');
  });
  test.each(['', '   ', 'x'.repeat(4_001), 'a\u0000b'])('refuses a text like %j', (text) => {
    expect(thread.commands.SendMessage.safeParse({ text }).success).toBe(false);
  });
});

describe('correcting', () => {
  const past = [opened, sent(1, 'patient')];
  test('is for the sender', () => {
    given(...past)
      .when(correct, { actor: patient })
      .then({ type: 'MessageCorrected', data: { ...between, sequence: 1, text: 'better' } });
    given(...past)
      .when(correct, { actor: doctor })
      .rejects('not-yours');
    given(...past)
      .when(correct, { actor: officer })
      .rejects('not-of-thread');
  });
  test('needs the message, and an open chat', () => {
    given(opened).when(correct, { actor: patient }).rejects('message-unknown');
    given(...past)
      .when(correct, { actor: patient, at: UNTIL })
      .rejects('thread-closed');
    given(...past, redacted)
      .when(correct, { actor: patient })
      .rejects('message-redacted');
  });
  test('has a bound', () => {
    const corrections = Array.from({ length: 10 }, () => ({
      type: 'MessageCorrected' as const,
      data: { ...between, sequence: 1, text: 'better' },
    }));
    given(...past, ...corrections)
      .when(correct, { actor: patient })
      .rejects('too-many');
  });
});

describe('redacting', () => {
  const past = [opened, sent(1, 'patient')];
  test('is for the sender and for compliance officers, also later', () => {
    given(...past)
      .when(redact, { actor: patient })
      .then(redacted);
    given(...past)
      .when(redact, { actor: doctor })
      .rejects('not-yours');
    given(...past)
      .when(redact, { actor: officer, at: UNTIL })
      .then({ type: 'MessageRedacted', data: { ...redacted.data, by: 'complianceOfficer', at: UNTIL } as never });
  });
  test('happens once', () =>
    given(...past, redacted)
      .when(redact, { actor: patient })
      .then());
});

describe('reading', () => {
  const past = [opened, sent(1, 'patient'), sent(2, 'doctor'), sent(3, 'patient')];
  test('counts what is left of the other side', () => {
    given(...past)
      .when(read(1), { actor: doctor })
      .then({ type: 'MessagesRead', data: { ...between, reader: 'doctor', upTo: 1, unread: 1 } });
    given(...past)
      .when(read(1), { actor: patient })
      .then({ type: 'MessagesRead', data: { ...between, reader: 'patient', upTo: 1, unread: 1 } });
  });
  test('goes forwards only, and not beyond the last', () => {
    const seen: Event = { type: 'MessagesRead', data: { ...between, reader: 'doctor', upTo: 2, unread: 1 } };
    given(...past, seen)
      .when(read(2), { actor: doctor })
      .then();
    given(...past)
      .when(read(4), { actor: doctor })
      .rejects('message-unknown');
    given(...past)
      .when(read(1), { actor: stranger })
      .rejects('not-of-thread');
  });
});

test('whatever people do, messages are numbered without a gap and unread ones are counted right', () => {
  const anything = fc.record({
    who: fc.constantFrom(doctor, patient, stranger),
    what: fc.oneof(
      { weight: 3, arbitrary: fc.constant(write()) },
      fc.nat(12).map((upTo) => read(upTo + 1)),
      fc.nat(12).map((n) => ({ ...correct, data: { ...correct.data, sequence: n + 1 } })),
      fc.nat(12).map((n) => ({ ...redact, data: { ...redact.data, sequence: n + 1 } })),
    ),
  });
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 60 }), (steps) => {
      const past: Event[] = [opened];
      // The model: who sent which message, and what each has read.
      const senders: string[] = [];
      const readUpTo: Record<string, number> = {};
      for (const { who, what } of steps) {
        const state: Thread = fold(thread, past);
        try {
          const context = { id: ID, at: NOW, commandId: 'c', actor: who, facts };
          const decided = thread.decide[what.type](state, what.data as never, context);
          past.push(...decided);
          if (what.type === 'SendMessage') senders.push(who.id);
          for (const { type, data } of decided) {
            if (type === 'MessageSent') expect([data.sequence, data.sender]).toEqual([senders.length, who.role]);
            if (type !== 'MessagesRead') continue;
            readUpTo[who.id] = data.upTo;
            expect(data.unread).toBe(senders.filter((sender, i) => i >= data.upTo && sender !== who.id).length);
          }
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
        }
      }
      expect(senders).not.toContain(stranger.id);
      expect(fold(thread, past).senders).toHaveLength(senders.length);
      expect(fold(thread, past).readUpTo).toMatchObject({
        doctor: readUpTo[doctor.id] ?? 0,
        patient: readUpTo[patient.id] ?? 0,
      });
    }),
  );
});

describe('a message of another system', () => {
  const taken = { type: 'TakeOverMessage' as const, data: { text: 'hello' } };
  const by = (onBehalfOf: string) => ({ facts, actor: { id: 'import', role: 'system' as const, onBehalfOf } });
  const late = '2031-01-01T08:00:00.000Z';
  test('is written by its sender, whenever it was', () => {
    given(opened).when(taken, by('patient-1')).then(sent(1, 'patient'));
    given(opened)
      .when(taken, { ...by('doctor-1'), at: late })
      .then({ ...sent(1, 'doctor'), data: { ...(sent(1, 'doctor').data as object), at: late } } as Event);
  });
  test('needs an appointment that once opened the chat, and one of the two', () => {
    given().when(taken, by('patient-1')).rejects('thread-unknown');
    given(opened).when(taken, by('patient-2')).rejects('not-of-thread');
  });
});

import { type events, therapy } from '../../../domain/prescriptions/therapy.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { fold } from '../../../domain/kernel/decider.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(therapy, 'patient-1');

const recorded = (prescriptionId: string, until?: string, at = NOW): EventOf<typeof events> => ({
  type: 'TherapyRecorded',
  data: { prescriptionId, medicines: [{ line: 1, marks: ['substance:napa'], ...(until && { until }) }], at },
});
const ended = { type: 'TherapyEnded' as const, data: { prescriptionId: 'rx-1' } };

test('follows the newest version of a prescription until it ends', () => {
  const data = { prescriptionId: 'rx-1', medicines: [{ line: 1, marks: ['substance:napa'] }], at: NOW };
  given().when({ type: 'RecordTherapy', data }).then(recorded('rx-1'));
  given(recorded('rx-1')).when({ type: 'EndTherapy', data: ended.data }).then(ended);
  given(recorded('rx-1'), ended).when({ type: 'EndTherapy', data: ended.data }).then();
});

test('forgets what has come to its end', () => {
  const past = [
    recorded('short', '2030-01-05T00:00:00.000Z'),
    recorded('open'),
    recorded('new', '2030-03-01T00:00:00.000Z', '2030-02-01T00:00:00.000Z'),
  ];
  expect(Object.keys(fold(therapy, past))).toEqual(['open', 'new']);
});

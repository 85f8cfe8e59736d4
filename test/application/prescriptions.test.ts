import type { Reaction } from '../../application/kernel/reaction.js';
import { reactions } from '../../application/prescriptions.js';
import { NOW } from '../kernel/spec.js';

const about = { prescriptionId: 'rx-1', patientId: 'p', doctorId: 'd', hospitalId: 'h', at: NOW };
const medicines = [
  { line: 1, name: 'Napa 500 mg', substance: 'Paracetamol', days: 7 },
  { line: 2, name: 'Losec', drugClass: 'Proton pump inhibitors', open: true },
];

/** What is sent because of an event. */
const because = (type: string, data: object) =>
  (reactions as unknown as Reaction[])
    .flatMap(({ on }) => on[type]?.({ type, data } as never) ?? [])
    .map(({ command, id, message }) => [command.name, id, message]);

const recorded = [
  'TherapyCommand',
  'p',
  {
    type: 'RecordTherapy',
    data: {
      prescriptionId: 'rx-1',
      medicines: [
        { line: 1, marks: ['substance:napa', 'substance:paracetamol'], until: '2030-01-08T08:00:00.000Z' },
        { line: 2, marks: ['substance:losec', 'class:proton pump inhibitor'] },
      ],
      at: NOW,
    },
  },
];

test('an issued or amended prescription is what the patient takes now, until its days are over', () => {
  expect(because('PrescriptionIssued', { ...about, medicines })).toEqual([recorded]);
  expect(because('PrescriptionAmended', { ...about, medicines })).toEqual([recorded]);
});

test('a cancelled or renewed one is not taken any more', () => {
  const ended = ['TherapyCommand', 'p', { type: 'EndTherapy', data: { prescriptionId: 'rx-1' } }];
  expect(because('PrescriptionCancelled', { ...about, reason: 'x' })).toEqual([ended]);
  expect(because('PrescriptionRenewed', { ...about, by: 'rx-2' })).toEqual([ended]);
});

test('a renewal closes the prescription that it takes the place of', () =>
  expect(because('PrescriptionIssued', { ...about, medicines, renews: 'rx-0' })).toContainEqual([
    'PrescriptionCommand',
    'rx-0',
    { type: 'CloseRenewed', data: { by: 'rx-1' } },
  ]));

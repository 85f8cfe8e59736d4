import type { EventOf } from '../../../domain/kernel/event.js';
import type { events } from '../../../domain/prescriptions/prescription.js';
import { prescriptions } from '../../../projections/prescriptions/prescriptions.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'prescription-rx-1';
const about = { prescriptionId: 'rx-1', patientId: 'p', doctorId: 'd', hospitalId: 'h', at: NOW };
const napa = { line: 1, name: 'Napa', frequency: '1+0+1', quantity: 14 };
const zinc = { line: 2, name: 'Zinc', quantity: 5 };
const content = { version: 1, medicines: [napa, zinc], tests: [], advice: 'Rest.', warnings: [] };
const issued = { stream, type: 'PrescriptionIssued' as const, data: { ...about, ...content, validUntil: NOW } };
const claim = { prescriptionId: 'rx-1', claimId: 'o_1', line: 1, quantity: 10 };

const shown = (...more: EventOf<typeof events>[]) =>
  project(prescriptions, issued, ...more.map((event) => ({ stream, ...event })))['rx-1']!;

test('shows what was written, and all of it to be handed out', () => {
  const doc = shown();
  expect(doc).toMatchObject({ ...content, status: 'active', issuedAt: NOW, claims: {}, earlier: [], revision: 0 });
  expect(doc.units).toEqual({
    1: { dispensed: 0, promised: 0, remaining: 14 },
    2: { dispensed: 0, promised: 0, remaining: 5 },
  });
  expect(prescriptions.parties(doc)).toEqual({ patientId: 'p', doctorId: 'd', hospitalId: 'h', presentedAt: [] });
});

test('counts what is promised, handed out, given back and returned', () => {
  const at = (...past: EventOf<typeof events>[]) => shown(...past).units['1'];
  const claimed = { type: 'PrescriptionUnitsClaimed', data: claim } as const;
  const dispensed = { type: 'PrescriptionDispensed', data: { ...claim, quantity: 4, remaining: 10 } } as const;
  const released = { type: 'PrescriptionClaimReleased', data: { ...claim, quantity: 6 } } as const;
  const returned = {
    type: 'PrescriptionUnitsReturned',
    data: { prescriptionId: 'rx-1', line: 1, quantity: 3, remaining: 13 },
  } as const;
  expect(at(claimed)).toEqual({ dispensed: 0, promised: 10, remaining: 4 });
  expect(at(claimed, dispensed)).toEqual({ dispensed: 4, promised: 6, remaining: 4 });
  expect(at(claimed, dispensed, released)).toEqual({ dispensed: 4, promised: 0, remaining: 10 });
  expect(at(claimed, dispensed, released, returned)).toEqual({ dispensed: 1, promised: 0, remaining: 13 });
  expect(shown(claimed, dispensed, released).claims).toEqual({});
  expect(shown(claimed).units['2']).toEqual({ dispensed: 0, promised: 0, remaining: 5 });
  const refused = { type: 'PrescriptionClaimRefused', data: { ...claim, reason: 'too-few' } } as const;
  expect(shown(refused)).toEqual({ ...shown(), revision: 1 });
});

test('is presented where its units are promised, and stays so where they were handed out', () => {
  const presentedAt = (...past: EventOf<typeof events>[]) => prescriptions.parties(shown(...past)).presentedAt;
  const claimed = { type: 'PrescriptionUnitsClaimed', data: { ...claim, hospitalId: 'g' } } as const;
  const released = { type: 'PrescriptionClaimReleased', data: claim } as const;
  const dispensed = { type: 'PrescriptionDispensed', data: { ...claim, quantity: 4, remaining: 10 } } as const;
  const rest = { type: 'PrescriptionClaimReleased', data: { ...claim, quantity: 6 } } as const;
  expect(presentedAt(claimed)).toEqual(['g']);
  expect(presentedAt(claimed, released)).toEqual([]);
  expect(presentedAt(claimed, dispensed, rest)).toEqual(['g']);
  expect(presentedAt({ type: 'PrescriptionUnitsClaimed', data: claim })).toEqual([]);
});

test('an amendment keeps what was there before, and what was handed out', () => {
  const claimed = { type: 'PrescriptionUnitsClaimed', data: claim } as const;
  const dispensed = { type: 'PrescriptionDispensed', data: { ...claim, remaining: 4 } } as const;
  const later = '2030-01-03T08:00:00.000Z';
  const now = { version: 2, medicines: [{ ...napa, quantity: 20 }], tests: [{ line: 1, name: 'CBC' }], warnings: [] };
  const amended = { type: 'PrescriptionAmended', data: { ...about, at: later, ...now, reason: 'longer' } } as const;
  const again = { ...amended, data: { ...amended.data, version: 3, reason: 'longer still' } };
  const doc = shown(claimed, dispensed, amended);
  expect(doc).toMatchObject({ ...now, at: later, reason: 'longer', issuedAt: NOW });
  expect(doc.advice).toBeUndefined();
  expect(doc.units).toEqual({
    1: { dispensed: 10, promised: 0, remaining: 10 },
    2: { dispensed: 0, promised: 0, remaining: 0 },
  });
  expect(doc.earlier).toEqual([{ ...content, at: NOW }]);
  expect(shown(amended, again).earlier).toMatchObject([{ version: 1 }, { version: 2, reason: 'longer' }]);
});

test('says how it ended', () => {
  expect(shown({ type: 'PrescriptionCancelled', data: { ...about, reason: 'x' } })).toMatchObject({
    status: 'cancelled',
    cancelReason: 'x',
  });
  expect(shown({ type: 'PrescriptionRenewed', data: { ...about, by: 'rx-2' } })).toMatchObject({
    status: 'renewed',
    renewedBy: 'rx-2',
  });
});

import { legacyRow, legacyRowId } from '../../../domain/migration/legacy-row.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(legacyRow, legacyRowId('doctor_test', '7'));
const received = {
  table: 'doctor_test',
  row: '7',
  why: 'laterFeature' as const,
  values: { result: '13.1', unit: null },
};
const keep = { type: 'KeepRow' as const, data: { ...received, patientId: 'patient-1' } };
const kept = { type: 'LegacyRowKept' as const, data: { ...received, at: NOW } };

test('a row is kept as it was received', () => given().when(keep).then(kept));
test('and once', () => given(kept).when(keep).then());
test('what it says is protected', () =>
  expect(markedPaths(legacyRow.events.LegacyRowKept.schema)).toEqual([{ path: 'values', protection: 'health' }]));

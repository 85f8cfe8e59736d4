import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events } from '../../../domain/index.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { audit } from '../../../projections/audit/audit.js';
import { META, project } from '../../kernel/project.js';

const pathOf = (type: string) => join(__dirname, `../../golden/${type}.v${events[type]!.upcasts.length + 1}.json`);
// That every event has one is another test's business.
const hasSample = (type: string): boolean => existsSync(pathOf(type));
const sampleOf = (type: string): unknown => JSON.parse(readFileSync(pathOf(type), 'utf8'));

const LINE = '0000000000000001';
const read = (subjects: string[], model = 'prescriptions') => ({
  stream: 'access-1',
  type: 'RecordsRead',
  data: { operation: 'readPrescriptions', model, keys: ['k'], subjects },
  meta: { command: 'readPrescriptions' },
});

test('an event becomes a line: who, what, when, to whom, on whose behalf, because of what', () => {
  const meta = {
    actor: { id: 'doctor-1', role: 'doctor' as const, onBehalfOf: 'doctor-2' },
    command: 'SendMessage',
    subject: 'patient-1',
    tenant: 'hospital-1',
    $correlationId: 'conversation',
    $causationId: 'cause',
    source: { system: 'healthstack', table: 'chat', row: '7' },
  };
  const event = { stream: 'thread-d_p', type: 'MessageSent', data: sampleOf('MessageSent'), meta };
  expect(project(audit, event)).toEqual({
    [LINE]: {
      at: META.recordedAt,
      actorId: 'doctor-1',
      role: 'doctor',
      onBehalfOf: 'doctor-2',
      type: 'MessageSent',
      command: 'SendMessage',
      purpose: 'TREAT',
      patientId: 'patient-1',
      stream: 'thread-d_p',
      revision: 0,
      tenant: 'hospital-1',
      correlationId: 'conversation',
      causationId: 'cause',
      commandId: 'command-1',
      eventId: 'event-0',
      position: '1',
      source: { system: 'healthstack', table: 'chat', row: '7' },
    },
  });
});

test('reading a list is a line for each patient in it', () => {
  const lines = project(audit, read(['p1', 'p2']));
  expect(Object.entries(lines).map(([key, { patientId, model }]) => [key, patientId, model])).toEqual([
    [`${LINE}_p1`, 'p1', 'prescriptions'],
    [`${LINE}_p2`, 'p2', 'prescriptions'],
  ]);
  expect(project(audit, read(['p1']))[LINE]).toMatchObject({ patientId: 'p1', command: 'readPrescriptions' });
  expect(project(audit, read([]))[LINE]).not.toHaveProperty('patientId');
});

test('a refusal is a line as well', () => {
  const refused = {
    stream: 'access-1',
    type: 'AccessRefused',
    data: { operation: 'readPatient', key: 'p1', subjects: ['p1'] },
  };
  expect(project(audit, refused)[LINE]).toMatchObject({ type: 'AccessRefused', patientId: 'p1' });
});

test('looking at the trail is one line, whatever it showed', () => {
  expect(Object.keys(project(audit, read(['p1', 'p2'], 'audit')))).toEqual([LINE]);
});

test('no event leaves anything of its protected fields, and none is left out', () => {
  for (const type of Object.keys(events).filter(hasSample)) {
    const data = sampleOf(type);
    const text = JSON.stringify(project(audit, { stream: 'any-1', type, data }));
    expect(text).toContain(type);
    for (const { path } of markedPaths(events[type]!.schema))
      for (const secret of at(data, path)) if (secret.length > 3) expect(text).not.toContain(secret);
  }
});

/** The texts at a path like `medicines[].name`. */
const at = (value: unknown, path: string): string[] => {
  const [head = '', ...rest] = path.split('.');
  const many = head.endsWith('[]');
  const next = (value as Record<string, unknown> | null | undefined)?.[many ? head.slice(0, -2) : head];
  const each = many ? Object.values(next ?? []) : [next];
  return each.flatMap((one: unknown) =>
    rest.length > 0 ? at(one, rest.join('.')) : typeof one === 'string' ? [one] : [],
  );
};

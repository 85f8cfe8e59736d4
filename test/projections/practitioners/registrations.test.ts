import fc from 'fast-check';
import { doctors } from '../../../projections/practitioners/doctors.js';
import { hospitalDoctors } from '../../../projections/practitioners/hospital-doctors.js';
import { registrations } from '../../../projections/practitioners/registrations.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'practitioner-d';
const later = '2030-01-02T08:00:00.000Z';
const of = (doctorId: string, hospitalId: string, at = NOW) => ({
  doctorId,
  hospitalId,
  departmentId: `heart-${hospitalId}`,
  specialisationId: 'surgeon',
  at,
});
const requested = (doctorId: string, hospitalId: string, at = NOW) => ({
  stream,
  type: 'RegistrationRequested' as const,
  data: of(doctorId, hospitalId, at),
});
const accepted = (doctorId: string, hospitalId: string, at = NOW) => ({
  stream,
  type: 'RegistrationAccepted' as const,
  data: of(doctorId, hospitalId, at),
});
const rejected = (doctorId: string, hospitalId: string, at = NOW) => ({
  stream,
  type: 'RegistrationRejected' as const,
  data: { doctorId, hospitalId, reason: 'No certificate.', at },
});
const by = { meta: { actor: { id: 'admin', role: 'hospitalAdministrator' as const } } };

test('a registration shows who decided what, and asked again it is pending again', () => {
  const { at: _, ...asked } = of('d', 'h');
  const certified = { ...requested('d', 'h'), data: { ...requested('d', 'h').data, certificate: 'f' } };
  expect(project(registrations, certified, { ...rejected('d', 'h', later), ...by })).toEqual({
    h_d: {
      ...asked,
      certificate: 'f',
      status: 'rejected',
      requestedAt: NOW,
      decidedAt: later,
      decidedBy: 'admin',
      reason: 'No certificate.',
      revision: 1,
    },
  });
  expect(project(registrations, certified, rejected('d', 'h'), requested('d', 'h', later))).toEqual({
    h_d: { ...asked, certificate: 'f', status: 'pending', requestedAt: later, revision: 2 },
  });
});

test('exactly the doctors whom a hospital accepted last are its doctors, and listed', () => {
  const step = fc.record({
    what: fc.constantFrom(requested, accepted, rejected),
    doctorId: fc.constantFrom('d1', 'd2', 'd3'),
    hospitalId: fc.constantFrom('h1', 'h2'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const last = new Map<string, unknown>();
      for (const { what, doctorId, hospitalId } of steps)
        if (what !== requested) last.set(`${hospitalId}_${doctorId}`, what);
      const expected = [...last].filter(([, what]) => what === accepted).map(([key]) => key);

      const history = steps.map(({ what, doctorId, hospitalId }) => what(doctorId, hospitalId));
      const decisions = history.filter((event) => event.type !== 'RegistrationRequested');
      expect(Object.keys(project(hospitalDoctors, ...decisions)).sort()).toEqual(expected.toSorted());

      const listed = Object.values(project(doctors, ...decisions)).filter((doc) => doc.listed);
      const found = listed.flatMap((doc) => doc.hospitalIds.map((hospitalId) => `${hospitalId}_${doc.doctorId}`));
      expect(found.sort()).toEqual(expected.toSorted());
      expect(listed.every(({ hospitalIds }) => hospitalIds.length > 0)).toBe(true);
      for (const doc of listed) expect(doc.departmentIds).toEqual(doc.hospitalIds.map((id) => `heart-${id}`));
    }),
  );
});

import { files } from '../../../projections/files/files.js';
import { pictures } from '../../../projections/files/pictures.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const content = { sha256: 'a'.repeat(64), mediaType: 'image/png' as const, bytes: 10 };
const stored = (
  fileId: string,
  purpose: 'portrait' | 'certificate' | 'picture',
  ownerRole: 'patient' | 'doctor' | 'pharmacist' | 'hospitalAdministrator',
  hospitalId?: string,
) => ({
  stream: `file-${fileId}`,
  type: 'FileStored' as const,
  data: { fileId, purpose, ...content, ownerId: 'o', ownerRole, hospitalId, at: NOW },
});
const shows = (portrait: string | null | undefined) => ({
  stream: 'practitioner-o',
  type: 'PractitionerProfileRevised' as const,
  data: { doctorId: 'o', portrait, at: NOW },
});

test("a file is its hospital's or its owner's, in the part in which it was stored", () => {
  const docs = project(
    files,
    stored('a', 'picture', 'hospitalAdministrator', 'h'),
    stored('b', 'certificate', 'doctor'),
    stored('c', 'portrait', 'patient'),
    stored('d', 'portrait', 'pharmacist'),
  );
  expect(Object.values(docs).map((doc) => files.parties(doc))).toEqual([
    { hospitalId: 'h' },
    { doctorId: 'o' },
    { patientId: 'o' },
    { accountId: 'o' },
  ]);
  expect(docs.a).toEqual({
    purpose: 'picture',
    ...content,
    ownerId: 'o',
    ownerRole: 'hospitalAdministrator',
    hospitalId: 'h',
  });
});

test("everybody sees a hospital's pictures and the portraits that doctors show, and nothing else", () => {
  const open = (...events: (ReturnType<typeof stored> | ReturnType<typeof shows>)[]) =>
    Object.values(project(pictures, ...events)).flatMap((doc) => (doc.open ? [doc.fileId] : []));
  const all = [
    stored('a', 'picture', 'hospitalAdministrator', 'h'),
    stored('b', 'certificate', 'doctor'),
    stored('c', 'portrait', 'patient'),
    stored('d', 'portrait', 'doctor'),
  ];
  expect(open(...all)).toEqual(['a']);
  expect(open(...all, shows('d'))).toEqual(['a', 'd']);
  expect(open(...all, shows('b'), shows(null), shows(undefined), shows('z'))).toEqual(['a']);
});

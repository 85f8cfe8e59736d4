import type { Actor } from '../../../domain/kernel/envelope.js';
import { file } from '../../../domain/files/file.js';
import { NOW, spec } from '../../kernel/spec.js';

const fileId = 'f-1';
const given = spec(file, fileId);
const doctor: Actor = { id: 'd-1', role: 'doctor' };
const sha256 = 'a'.repeat(64);
const content = { sha256, mediaType: 'image/png' as const, bytes: 1_000 };
const stored = {
  type: 'FileStored' as const,
  data: { fileId, purpose: 'portrait' as const, ...content, ownerId: 'd-1', ownerRole: 'doctor' as const, at: NOW },
};

const store = (data: object, actor = doctor) =>
  given().when({ type: 'StoreFile', data: { purpose: 'portrait', ...content, ...data } }, { actor });

it('names the content, once and for ever', () => {
  const command = { type: 'StoreFile' as const, data: { purpose: 'portrait' as const, ...content } };
  expect(store({}).events()).toEqual([{ type: 'FileStored', data: stored.data }]);
  given(stored).when(command, { actor: doctor }).then();
  given(stored)
    .when({ ...command, data: { ...command.data, sha256: 'b'.repeat(64) } }, { actor: doctor })
    .rejects('file-known');
});

it('takes each purpose its types and its size', () => {
  store({ mediaType: 'application/pdf' }).rejects('file-type');
  expect(store({ purpose: 'certificate', mediaType: 'application/pdf' }).events()).toHaveLength(1);
  expect(store({ bytes: 5 * 1024 * 1024 }).events()).toHaveLength(1);
  store({ bytes: 5 * 1024 * 1024 + 1 }).rejects('file-too-large');
  expect(store({ purpose: 'certificate', bytes: 10 * 1024 * 1024 }).events()).toHaveLength(1);
  store({ purpose: 'certificate', bytes: 10 * 1024 * 1024 + 1 }).rejects('file-too-large');
  expect(() => store({ mediaType: 'image/svg+xml' }).events()).toThrow();
});

it('belongs to a hospital when it is a picture, and else to a person', () => {
  store({ purpose: 'picture' }).rejects('hospital-needed');
  store({ hospitalId: 'h-1' }).rejects('hospital-needed');
  expect(store({ purpose: 'picture', hospitalId: 'h-1' }).events()).toHaveLength(1);
});

it('concerns whoever may store it', () => {
  const parties = (data: object) =>
    file.parties({}, data, { id: fileId, at: NOW, commandId: 'c', actor: doctor, facts: undefined });
  expect(parties({ purpose: 'picture', hospitalId: 'h-1' })).toEqual({ hospitalId: 'h-1' });
  expect(parties({ purpose: 'certificate' })).toEqual({ doctorId: 'd-1' });
  expect(parties({ purpose: 'portrait' })).toEqual({ accountId: 'd-1' });
});

import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { type Parties, type Role, ROLES } from '../kernel/envelope.js';
import { event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant } from '../kernel/types.js';

// Stream file-<fileId>. Inside it: one file is one content, for one purpose, for ever. Content is kept by its hash and
// can be seen only after such a stream has named it.

const IMAGES = ['image/png', 'image/jpeg', 'image/webp'] as const;
const MB = 1024 * 1024;

/** What a file may be, by what it is for: a person's portrait, a doctor's certificate, a picture of a hospital's. */
export const PURPOSES = {
  portrait: { bytesMax: 5 * MB, mediaTypes: IMAGES },
  certificate: { bytesMax: 10 * MB, mediaTypes: [...IMAGES, 'application/pdf'] },
  picture: { bytesMax: 5 * MB, mediaTypes: IMAGES },
} as const satisfies Record<string, { bytesMax: number; mediaTypes: readonly string[] }>;

export const Purpose = z.enum(['portrait', 'certificate', 'picture']);
export type Purpose = z.infer<typeof Purpose>;

const Content = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 is 64 hexadecimal digits.'),
  mediaType: z.enum([...IMAGES, 'application/pdf']),
  bytes: z.int().positive(),
});

export const commands = {
  StoreFile: Content.extend({
    purpose: Purpose,
    hospitalId: Id.optional().describe('whose picture it is; with the purpose picture only'),
  }),
};

export const events = {
  FileStored: event(
    z.object({
      fileId: Id,
      purpose: Purpose,
      ...Content.shape,
      ownerId: Id,
      ownerRole: z.enum(ROLES),
      hospitalId: Id.optional(),
      at: Instant,
    }),
  ),
};

/** A stored file; nothing is known of one that is not. */
export interface StoredFile {
  readonly sha256?: string;
  readonly purpose?: Purpose;
  readonly ownerId?: string;
  readonly hospitalId?: string | undefined;
}

/** Whose file it is: the hospital's, the doctor's, the patient's or another member of staff's. */
export const partiesOf = (file: {
  readonly purpose: Purpose;
  readonly ownerId: string;
  readonly ownerRole: Role;
  readonly hospitalId?: string | undefined;
}): Parties => {
  if (file.purpose === 'picture') return { hospitalId: file.hospitalId };
  if (file.ownerRole === 'doctor') return { doctorId: file.ownerId };
  return file.ownerRole === 'patient' ? { patientId: file.ownerId } : { accountId: file.ownerId };
};

export const file = decider<StoredFile>()({
  category: 'file',
  commands,
  events,
  initial: {},
  parties: (_, { purpose, hospitalId }, { actor }) => {
    if (purpose === 'picture') return { hospitalId };
    return purpose === 'certificate' ? { doctorId: actor.id } : { accountId: actor.id };
  },

  decide: {
    StoreFile(known, data, { id, at, actor }) {
      const { purpose, sha256, mediaType, bytes, hospitalId } = data;
      if (known.sha256 === sha256 && known.purpose === purpose) return [];
      if (known.sha256 !== undefined) reject('file-known', 'A stored file is never changed. Store another one.');
      if ((purpose === 'picture') !== (hospitalId !== undefined))
        reject('hospital-needed', 'A picture belongs to a hospital, other files do not.', 'invalid', 'hospitalId');
      const { bytesMax, mediaTypes } = PURPOSES[purpose];
      if (!(mediaTypes as readonly string[]).includes(mediaType))
        reject('file-type', `A ${purpose} is one of ${mediaTypes.join(', ')}.`, 'unprocessable', 'mediaType');
      if (bytes > bytesMax)
        reject('file-too-large', `A ${purpose} has at most ${bytesMax / MB} MB.`, 'unprocessable', 'bytes');
      const stored = { fileId: id, ...data, ownerId: actor.id, ownerRole: actor.role, at };
      return [{ type: 'FileStored', data: stored, about: partiesOf(stored) }];
    },
  },

  evolve: {
    FileStored: (_, { sha256, purpose, ownerId, hospitalId }) => ({ sha256, purpose, ownerId, hospitalId }),
  },
});

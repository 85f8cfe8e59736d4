import { events } from '../../domain/files/file.js';
import { events as practitioners } from '../../domain/practitioners/practitioner.js';
import { projection } from '../kernel/projection.js';

/** A picture that everybody may see: a hospital's, or the portrait that a doctor put into the profile. */
export interface Picture {
  readonly fileId: string;
  readonly open: boolean;
  readonly sha256: string;
  readonly mediaType: string;
  readonly bytes: number;
}

const { PractitionerProfileBegun, PractitionerProfileRevised } = practitioners;

/** A portrait is its owner's own business until a doctor shows it. */
const shown = (doc: Picture | undefined): Picture | null => (doc ? { ...doc, open: true } : null);

export const pictures = projection<Picture>()({
  name: 'pictures',
  version: 1,
  from: { ...events, PractitionerProfileBegun, PractitionerProfileRevised },
  key: ({ data }) => {
    if ('fileId' in data) return data.purpose === 'certificate' ? undefined : data.fileId;
    return data.portrait ?? undefined;
  },
  indexes: { openly: ['open', 'fileId'] },
  parties: () => ({}),
  phi: false,
  on: {
    FileStored: (_, { data: { fileId, purpose, sha256, mediaType, bytes } }) => ({
      fileId,
      open: purpose === 'picture',
      sha256,
      mediaType,
      bytes,
    }),
    PractitionerProfileBegun: shown,
    PractitionerProfileRevised: shown,
  },
});

import { events, partiesOf } from '../../domain/files/file.js';
import { projection } from '../kernel/projection.js';

/** What is known of a stored file; its content lies under its hash. */
export interface FileEntry {
  readonly purpose: 'portrait' | 'certificate' | 'picture';
  readonly sha256: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly ownerId: string;
  readonly ownerRole: Parameters<typeof partiesOf>[0]['ownerRole'];
  readonly hospitalId?: string | undefined;
}

export const files = projection<FileEntry>()({
  name: 'files',
  version: 1,
  from: events,
  key: ({ data: { fileId } }) => fileId,
  indexes: {},
  parties: partiesOf,
  phi: true,
  on: {
    FileStored: (_, { data: { fileId: __, at: ___, ...file } }) => file,
  },
});

import type { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import { type commands, file, type Purpose, PURPOSES } from '../domain/files/file.js';
import type { Files } from './kernel/files.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Accepted, Caller } from './kernel/transact.js';

export class FileCommand extends DomainCommand<typeof file> {}

export const handlers = [handle(FileCommand, file)];

type StoreFile = z.output<typeof commands.StoreFile>;

/** A file on its way in. */
export interface Upload {
  readonly id: string;
  readonly purpose: Purpose;
  readonly hospitalId?: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Takes an upload in, names its hash in the ledger, and only then makes it visible. Whoever may not is told so before
 * anything is read. When it fails on the way nothing stays behind.
 */
export const storeFile = async (
  files: Files,
  bus: CommandBus,
  { id, content, ...of }: Upload,
  caller: Caller,
): Promise<Accepted & { readonly sha256: string }> => {
  const context = { id, at: '', commandId: caller.commandId, actor: caller.actor, facts: undefined };
  await caller.authorize?.(file.parties(file.initial, of, context), id);
  const staged = await files.stage(content, PURPOSES[of.purpose]);
  try {
    const { sha256, bytes, mediaType } = staged;
    const data = { ...of, sha256, bytes, mediaType: mediaType as StoreFile['mediaType'] };
    const accepted = await bus.execute(new FileCommand({ id, message: { type: 'StoreFile', data }, caller }));
    await staged.keep();
    return { ...accepted, sha256 };
  } finally {
    await staged.discard();
  }
};

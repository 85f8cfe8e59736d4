import type {} from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { reject } from '../../domain/kernel/rejection.js';

/** Above every purpose's own limit, so that the reason of a refusal is ours to give. */
const BYTES_MAX = 16 * 1024 * 1024;

/**
 * The one file of a multipart form, as it arrives. A form that breaks off fails while it is read.
 * Throws a Rejection where the request holds no such form.
 */
export const uploadOf = async (request: FastifyRequest): Promise<AsyncIterable<Uint8Array>> => {
  if (!request.isMultipart()) return reject('invalid', 'A file comes as multipart/form-data.', 'invalid', 'file');
  const part = await request.file({ limits: { fileSize: BYTES_MAX } }).catch(() => undefined);
  return part?.file ?? reject('invalid', 'The form holds no file that can be read.', 'invalid', 'file');
};

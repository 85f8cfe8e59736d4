import { Controller, Inject, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { storeFile } from '../application/files.js';
import { type Files, FILES } from '../application/kernel/files.js';
import type { Caller } from '../application/kernel/transact.js';
import { Purpose } from '../domain/files/file.js';
import { Id } from '../domain/kernel/types.js';
import { uploadOf } from '../infrastructure/files/upload.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

const Of = z.strictObject({
  purpose: Purpose,
  hospitalId: Id.optional().describe('Whose picture it is; with the purpose picture only.'),
});

@Controller('files')
export class FilesController {
  constructor(
    @Inject(CommandBus) private readonly bus: CommandBus,
    @Inject(FILES) private readonly files: Files,
  ) {}

  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
  })
  @CommandRoute('storeFile', '', 'Stores a portrait, a certificate or a picture; the answer also tells its SHA-256.')
  async store(
    @Query({ schema: Of }) of: z.output<typeof Of>,
    @Req() request: FastifyRequest,
    @FromCaller() caller: Caller,
  ) {
    const content = await uploadOf(request);
    return storeFile(this.files, this.bus, { id: newId(caller, 'file'), ...of, content }, caller);
  }
}

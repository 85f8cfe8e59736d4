import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejection } from '../domain/kernel/rejection.js';
import { FileServer } from '../infrastructure/files/serving.js';
import type { Asker } from '../infrastructure/http/door.js';
import { FromAsker, QuestionRoute } from '../infrastructure/http/routes.js';
import { files } from '../projections/files/files.js';
import { pictures } from '../projections/files/pictures.js';
import { readOne, readPage } from './kernel/ask.js';
import { Key } from './kernel/paging.js';

const content = { schema: { type: 'string' as const, format: 'binary' } };
const Content = ApiResponse({
  status: 200,
  description: 'The content.',
  content: { 'image/png': content, 'image/jpeg': content, 'image/webp': content, 'application/pdf': content },
});

@Controller()
export class FilesController {
  constructor(
    @Inject(QueryBus) private readonly bus: QueryBus,
    @Inject(FileServer) private readonly server: FileServer,
  ) {}

  @Content
  @QuestionRoute('readFile', 'files/:id', "A file's content, for whom it concerns.")
  async file(
    @Param('id', { schema: Key }) id: string,
    @FromAsker() asker: Asker,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const file = await this.bus.execute(readOne(files, id, asker));
    return this.server.serve(file, 'private', request, reply);
  }

  @Content
  @QuestionRoute('readPicture', 'pictures/:id', "A hospital's picture, or the portrait of a doctor.", { open: true })
  async picture(
    @Param('id', { schema: Key }) fileId: string,
    @FromAsker() asker: Asker,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const query = { index: 'openly', equal: { open: true, fileId }, limit: 1 };
    const [picture] = (await this.bus.execute(readPage(pictures, query, asker, {}))).items;
    if (!picture) throw new Rejection('missing', 'There is no such picture.', 'missing');
    return this.server.serve(picture, 'public', request, reply);
  }
}

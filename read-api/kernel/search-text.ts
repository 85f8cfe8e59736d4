import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Rejection } from '../../domain/kernel/rejection.js';

const LENGTH_MAX = 200;

/** Documents the header of a search for people. */
export const SearchesForPeople = () =>
  applyDecorators(
    ApiHeader({
      name: 'Search-Text',
      required: true,
      description: 'What is searched for, percent-encoded UTF-8: `encodeURIComponent(text)`. Addresses hold no names.',
      schema: { type: 'string', minLength: 1, maxLength: LENGTH_MAX * 9 },
    }),
  );

/**
 * What somebody searches for when it is a patient's name: it comes in a header, since addresses are kept by browsers,
 * proxies and logs.
 */
export const FromSearchText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const given = context.switchToHttp().getRequest<FastifyRequest>().headers['search-text'];
  const text = typeof given === 'string' ? decoded(given) : undefined;
  if (text === undefined || text.trim() === '' || text.length > LENGTH_MAX)
    throw new Rejection(
      'invalid',
      'Search-Text holds what is searched for, percent-encoded.',
      'invalid',
      'Search-Text',
    );
  return text;
});

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

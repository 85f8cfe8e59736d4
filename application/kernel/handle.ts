import { Inject, type Type } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { AnyDecider } from '../../domain/kernel/decider.js';
import { PORTS, type Ports } from './ports.js';
import { Streams } from './streams.js';
import { type Accepted, type Envelope, type FactsOf, transact } from './transact.js';

/** One class per aggregate, so that the bus finds its handler. */
export abstract class DomainCommand<D extends AnyDecider> extends Command<Accepted> {
  constructor(readonly envelope: Envelope<D>) {
    super();
  }
}

/** The @nestjs/cqrs handler of one aggregate; every command of its decider goes through it. */
export const handle = <D extends AnyDecider>(
  command: Type<DomainCommand<D>>,
  decider: D,
  facts?: FactsOf<D, D extends { parties: (s: never, d: never, c: { facts: infer F }) => unknown } ? F : unknown>,
): Type<ICommandHandler> => {
  @CommandHandler(command)
  class Handler implements ICommandHandler<DomainCommand<D>, Accepted> {
    constructor(
      @Inject(PORTS) private readonly ports: Ports,
      @Inject(Streams) private readonly streams: Streams,
    ) {}

    execute({ envelope }: DomainCommand<D>): Promise<Accepted> {
      return transact(this.ports, this.streams, decider, envelope, facts);
    }
  }
  return Object.defineProperty(Handler, 'name', { value: `${command.name}Handler` });
};

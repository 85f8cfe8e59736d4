import fc from 'fast-check';
import { v5 } from 'uuid';
import { eventIdOf } from '../../../application/kernel/event-id.js';

test('an event id is the uuid v5 of its place in the namespace of its command', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(), (commandId, stream, index) => {
      expect(eventIdOf(commandId, stream, index)).toBe(v5(`${stream}/${index}`, commandId));
    }),
  );
});

import { ledgerStatistics } from '../../../projections/audit/ledger-statistics.js';
import { project } from '../../kernel/project.js';

const event = (type: string, stream: string, recordedAt: string) => ({ type, stream, data: {}, meta: { recordedAt } });

test('events are counted by day, kind of stream and type', () => {
  const counted = project(
    ledgerStatistics,
    event('MessageSent', 'thread-d_p', '2030-01-01T23:59:59.999Z'),
    event('MessageSent', 'thread-d_q', '2030-01-02T00:00:00.000Z'),
    event('ThreadOpened', 'thread-d_q', '2030-01-02T08:00:00.000Z'),
    event('SlotHeld', 'doctorDay-d_2030-01-02', '2030-01-02T08:00:00.000Z'),
  );
  expect(counted).toEqual({
    '2030-01-01': { day: '2030-01-01', events: 1, byCategory: { thread: { MessageSent: 1 } } },
    '2030-01-02': {
      day: '2030-01-02',
      events: 3,
      byCategory: { thread: { MessageSent: 1, ThreadOpened: 1 }, doctorDay: { SlotHeld: 1 } },
    },
    total: {
      day: 'total',
      events: 4,
      byCategory: { thread: { MessageSent: 2, ThreadOpened: 1 }, doctorDay: { SlotHeld: 1 } },
    },
  });
});

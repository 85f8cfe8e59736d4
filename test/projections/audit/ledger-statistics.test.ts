import { ledgerStatistics } from '../../../projections/audit/ledger-statistics.js';
import { project } from '../../kernel/project.js';

const event = (type: string, stream: string, recordedAt: string) => ({ type, stream, data: {}, meta: { recordedAt } });

test('events are counted by day, type and kind of stream', () => {
  const counted = project(
    ledgerStatistics,
    event('MessageSent', 'thread-d_p', '2030-01-01T23:59:59.999Z'),
    event('MessageSent', 'thread-d_q', '2030-01-02T00:00:00.000Z'),
    event('ThreadOpened', 'thread-d_q', '2030-01-02T08:00:00.000Z'),
    event('SlotHeld', 'doctorDay-d_2030-01-02', '2030-01-02T08:00:00.000Z'),
  );
  expect(counted).toEqual({
    '2030-01-01': { day: '2030-01-01', events: 1, byType: { MessageSent: 1 }, byCategory: { thread: 1 } },
    '2030-01-02': {
      day: '2030-01-02',
      events: 3,
      byType: { MessageSent: 1, ThreadOpened: 1, SlotHeld: 1 },
      byCategory: { thread: 2, doctorDay: 1 },
    },
    total: {
      day: 'total',
      events: 4,
      byType: { MessageSent: 2, ThreadOpened: 1, SlotHeld: 1 },
      byCategory: { thread: 3, doctorDay: 1 },
    },
  });
});

import { doctorDay } from './appointments/doctor-day.js';
import { events as access } from './kernel/access.js';
import type { AnyDecider } from './kernel/decider.js';
import type { Events } from './kernel/event.js';

/** Every aggregate. */
export const deciders: readonly AnyDecider[] = [doctorDay];

/** Every event of the system by name. A name belongs to one aggregate for ever. */
export const events: Events = Object.assign({}, access, ...deciders.map((d) => d.events as Events)) as Events;

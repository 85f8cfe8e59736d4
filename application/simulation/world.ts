import type { Actor } from '../../domain/kernel/envelope.js';
import type { Money } from '../../domain/kernel/types.js';
import type { WeeklyHours } from '../../domain/kernel/week.js';
import type { Product } from './formulary.js';
import type { Complaint, Specialty } from './specialties.js';
import type { Stage } from './stage.js';

/** A hospital with the people who run it. */
export interface Place {
  readonly id: string;
  readonly administrator: Actor;
  readonly pharmacist: Actor;
}

export interface Doctor {
  readonly id: string;
  readonly actor: Actor;
  readonly specialty: Specialty;
  /** Where they work on which days; the first is where they were taken first. */
  readonly work: readonly { readonly place: Place; readonly slotMinutes: number; readonly hours: WeeklyHours }[];
  /** The day from which they see patients; undefined while no hospital has taken them. */
  readonly from: string | undefined;
}

export interface Patient {
  readonly id: string;
  readonly actor: Actor;
  readonly from: string;
  /** What goes on, who treats it, and the prescription that is in force. */
  lasting?: { readonly doctor: Doctor; readonly complaint: Complaint; readonly prescriptionId?: string };
}

/** Everybody, and what pharmacies sell. */
export interface World {
  readonly stage: Stage;
  readonly first: string;
  readonly places: readonly Place[];
  readonly doctors: readonly Doctor[];
  readonly patients: readonly Patient[];
  readonly products: ReadonlyMap<string, Product & { readonly id: string }>;
  /** Orders that pharmacies have not done with, by hospital. */
  readonly orders: ReadonlyMap<string, Set<string>>;
  /** Appointments whose patients are on their way. */
  readonly expected: Set<string>;
  /** What a patient comes with, by appointment. */
  readonly complaints: Map<string, Complaint>;
}

/** So many taka. */
export const taka = (amount: number): Money => ({ amount: amount * 100, currency: 'BDT' });

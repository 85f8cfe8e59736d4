import type { Type } from '@nestjs/common';
import { v5 as uuidv5 } from 'uuid';
import type { z } from 'zod';
import type { AnyDecider } from '../../domain/kernel/decider.js';
import type { WhyKept } from '../../domain/migration/legacy-row.js';
import type { Admission } from '../doors.js';
import type { DomainCommand } from '../kernel/handle.js';
import type { Load } from '../kernel/ports.js';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** The tables of the original and their keys, in the order in which they are brought over. */
export const TABLES = {
  hospital_hospital_information: 'hospital_id',
  hospital_admin_hospital_department: 'hospital_department_id',
  hospital_admin_specialization: 'specialization_id',
  hospital_admin_service: 'service_id',
  hospital_user: 'id',
  hospital_patient: 'patient_id',
  hospital_admin_admin_information: 'admin_id',
  hospital_admin_clinical_laboratory_technician: 'technician_id',
  pharmacy_pharmacist: 'pharmacist_id',
  doctor_doctor_information: 'doctor_id',
  doctor_education: 'education_id',
  doctor_experience: 'experience_id',
  pharmacy_medicine: 'serial_number',
  doctor_appointment: 'id',
  doctor_prescription: 'prescription_id',
  doctor_prescription_medicine: 'medicine_id',
  doctor_prescription_test: 'test_id',
  pharmacy_order: 'id',
  pharmacy_order_orderitems: 'id',
  pharmacy_cart: 'id',
  sslcommerz_payment: 'payment_id',
  ChatApp_chatmessages: 'id',
  hospital_admin_test_information: 'test_id',
  doctor_report: 'report_id',
  doctor_specimen: 'specimen_id',
  doctor_test: 'test_id',
  doctor_testcart: 'id',
  doctor_testorder: 'id',
  doctor_testorder_orderitems: 'id',
  doctor_doctor_review: 'review_id',
  report_pdf_report_pdf: 'report_pdf_id',
} as const;
export type Table = keyof typeof TABLES;

/** Where the rows come from. */
export interface LegacyTables {
  /** All rows, in the order of their key. */
  rows(table: string): readonly Row[];
}

const NAMESPACE = '0b8f7b3e-5a0c-5d8e-9c64-7a4f1f6f2d11';

/** The id that a row gets here, for ever. */
export const idOf = (table: Table, row: Value | undefined, part = ''): string =>
  uuidv5(`${table}/${row}${part && `/${part}`}`, NAMESPACE);

/** Whom a row is about. */
export interface About {
  readonly patientId?: string | undefined;
  readonly doctorId?: string | undefined;
  readonly hospitalId?: string | undefined;
}

/** What is said of a row in the report: a column, what was wrong, what was done about it. */
export interface Finding {
  readonly what: string;
  readonly why: string;
  readonly done: string;
}

/** One row on its way, with what is found about it. */
export class Entry {
  readonly mends: Finding[] = [];
  readonly notes: Finding[] = [];
  refusal: Finding | undefined;
  kept: WhyKept | undefined;
  about: About = {};

  constructor(
    readonly table: Table,
    readonly row: Row,
    readonly id: string = String(row[TABLES[table]]),
  ) {}

  /** Something was read otherwise than it stands. `beside`: what was made of it holds the original text itself. */
  mend(what: string, why: string, done: string, beside = false): void {
    this.mends.push({ what, why, done });
    if (!beside) this.kept ??= 'mended';
  }

  /** Nothing was changed; somebody may want to know. */
  note(what: string, why: string): void {
    this.notes.push({ what, why, done: 'taken over as it is' });
  }

  refuse(what: string, why: string): void {
    this.refusal ??= { what, why, done: 'refused; the row is kept as received' };
    this.kept = 'refused';
  }

  get outcome(): 'imported' | 'mended' | 'refused' {
    return this.refusal ? 'refused' : this.mends.length > 0 ? 'mended' : 'imported';
  }
}

/** A command to send for a row. */
export interface Step {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly command: Type<DomainCommand<any>>;
  readonly decider: AnyDecider;
  readonly id: string;
  readonly message: { readonly type: string; readonly data: unknown };
  readonly at?: string | undefined;
  readonly onBehalfOf?: string | undefined;
}

type MessageOf<D extends AnyDecider> = {
  [T in keyof D['commands'] & string]: { readonly type: T; readonly data: z.input<D['commands'][T]> };
}[keyof D['commands'] & string];

/** Checks that the message is one of the aggregate's commands. */
export const step = <D extends AnyDecider>(
  command: Type<DomainCommand<D>>,
  decider: D,
  id: string,
  message: MessageOf<D>,
  when: Pick<Step, 'at' | 'onBehalfOf'> = {},
): Step => ({ command, decider, id, message, ...when });

/**
 * What becomes of a row and of those that belong to it. Refused is what its first step refuses; a later step that is
 * refused is left out, and told.
 */
export interface Plan {
  readonly entry: Entry;
  /** Rows that come over inside it. */
  readonly parts?: readonly Entry[];
  /** Its rows were counted with other plans. */
  readonly counted?: boolean;
  /** Plans of one lane keep their order. */
  readonly lane: string;
  /** When it happened, as far as that is known. */
  readonly at: string;
  /** Opens an account before the steps. */
  readonly admission?: Admission;
  readonly steps: readonly Step[];
  /** Steps that follow from what the others made. */
  readonly followUp?: (load: Load) => Promise<readonly Step[]>;
}

/** Shorter than a sentence for what belongs to something that is not here. */
export const MISSING = 'It belongs to something that is not there or was refused.';

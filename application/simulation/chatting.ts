import { thread, threadId } from '../../domain/chat/thread.js';
import { ThreadCommand } from '../chat.js';
import type { Act, Moment } from './stage.js';
import type { Doctor, Patient } from './world.js';

// A patient asks, the doctor reads and answers, the patient reads. Some answers are not read yet when the month ends.

const TALKS = [
  ['May I take it before breakfast?', 'Yes, but not on an empty stomach.'],
  ['The fever is gone. Do I go on with the tablets?', 'Finish the course, please.'],
  ['ওষুধটা ফার্মেসিতে নেই, কী করব?', 'অন্য ব্র্যান্ড হলেও চলবে, একই উপাদান দেখে নেবেন।'],
  ['I feel dizzy since yesterday.', 'Measure your blood pressure and tell me the numbers.'],
  ['120 over 80.', 'That is good. Drink more and come on Sunday if it does not stop.'],
  ['রিপোর্ট কবে দেখাব?', 'যেকোনো দিন সন্ধ্যায় চেম্বারে আসুন।'],
  ['Can I fast with these medicines?', 'Take them in the evening and at the last meal before dawn.'],
] as const;

const MORE_MAX = 2;

export const chat =
  (doctor: Doctor, patient: Patient, more = 0): Act =>
  async (now) => {
    const id = threadId(doctor.id, patient.id);
    if (!(await isOpen(now, id))) return;
    const [question, answer] = now.random.pick(TALKS);
    await now.send(patient.actor, ThreadCommand, id, { type: 'SendMessage', data: { text: question } });
    const asked = (await now.load(thread, id)).senders.length;
    if (now.random.chance(0.06))
      now.after(2, async (later) => {
        const data = { sequence: asked, text: `${question} Thank you!` };
        await later.send(patient.actor, ThreadCommand, id, { type: 'CorrectMessage', data });
      });
    now.after(now.random.int(20, 240), async (later) => {
      await later.send(doctor.actor, ThreadCommand, id, { type: 'MarkRead', data: { upTo: asked } });
      if (later.random.chance(0.15)) return;
      await later.send(doctor.actor, ThreadCommand, id, { type: 'SendMessage', data: { text: answer } });
      const answered = (await later.load(thread, id)).senders.length;
      if (later.random.chance(0.04)) later.after(5, redact(doctor, id, answered));
      later.after(later.random.int(30, 600), read(doctor, patient, id, answered, more));
    });
  };

const read =
  (doctor: Doctor, patient: Patient, id: string, upTo: number, more: number): Act =>
  async (now) => {
    await now.send(patient.actor, ThreadCommand, id, { type: 'MarkRead', data: { upTo } });
    if (more < MORE_MAX && now.random.chance(0.4)) now.after(now.random.int(5, 600), chat(doctor, patient, more + 1));
  };

const redact =
  (doctor: Doctor, id: string, sequence: number): Act =>
  async (now) => {
    const data = { sequence, reason: 'Meant for another patient.' };
    await now.send(doctor.actor, ThreadCommand, id, { type: 'RedactMessage', data });
  };

const isOpen = async (now: Moment, id: string): Promise<boolean> =>
  Object.values((await now.load(thread, id)).terms).some((until) => until > now.at);

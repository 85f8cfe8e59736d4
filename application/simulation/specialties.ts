// What people come with, and what is done about it.

/** A medicine as a doctor writes it: of the formulary; how often; how long; when; how many bottles, tubes or inhalers. */
type Written = readonly [key: string, frequency: string, duration: string, meal?: string, units?: number];

export interface Complaint {
  /** What the patient says when asking for an appointment. */
  readonly says: string;
  readonly medicines: readonly Written[];
  readonly tests?: readonly string[];
  readonly advice: string;
  /** Goes on: the patient has it on record, comes again and has the prescription renewed. */
  readonly lasting?: string;
}

export interface Specialty {
  readonly department: string;
  readonly specialisation: string;
  readonly complaints: readonly Complaint[];
}

export const SPECIALTIES: readonly Specialty[] = [
  {
    department: 'General Medicine',
    specialisation: 'Internal medicine',
    complaints: [
      {
        says: 'Fever for three days, worse at night.',
        medicines: [
          ['paracetamol 500 mg', '1+1+1', '5 days', 'after eating'],
          ['zinc sulphate 20 mg', '1+0+0', '10 days', 'after eating'],
        ],
        tests: ['Complete blood count', 'Dengue NS1 antigen'],
        advice: 'Drink plenty. Come back if the fever lasts longer than five days.',
      },
      {
        says: 'কয়েকদিন ধরে জ্বর ও গলা ব্যথা।',
        medicines: [
          ['amoxicillin 500 mg', '1+1+1', '7 days', 'after eating'],
          ['paracetamol 500 mg', '1+0+1', '3 days', 'after eating'],
        ],
        advice: 'কুসুম গরম পানিতে গড়গড়া করবেন।',
      },
      {
        says: 'My sugar is high again.',
        medicines: [
          ['metformin 500 mg', '1+0+1', '30 days', 'after eating'],
          ['gliclazide 80 mg', '1+0+0', '30 days', 'before eating'],
        ],
        tests: ['HbA1c', 'Serum creatinine'],
        advice: 'Walk half an hour a day, no sweets.',
        lasting: 'Type 2 diabetes mellitus',
      },
    ],
  },
  {
    department: 'Cardiology',
    specialisation: 'Cardiology',
    complaints: [
      {
        says: 'High blood pressure, headaches in the morning.',
        medicines: [
          ['amlodipine 5 mg', '0+0+1', '30 days', 'after eating'],
          ['losartan 50 mg', '1+0+0', '30 days'],
        ],
        tests: ['ECG', 'Serum electrolytes'],
        advice: 'Less salt. Measure the blood pressure every morning and write it down.',
        lasting: 'Hypertension',
      },
      {
        says: 'Pressure in the chest when I climb stairs.',
        medicines: [
          ['aspirin 75 mg', '0+1+0', '30 days', 'after eating'],
          ['atorvastatin 10 mg', '0+0+1', '30 days'],
          ['bisoprolol 2.5 mg', '1+0+0', '30 days'],
        ],
        tests: ['Echocardiogram', 'Lipid profile'],
        advice: 'No heavy work until the tests are done.',
        lasting: 'Ischaemic heart disease',
      },
    ],
  },
  {
    department: 'Paediatrics',
    specialisation: 'Child health',
    complaints: [
      {
        says: 'My child coughs and has a fever.',
        medicines: [
          ['paracetamol 120 mg/5 ml', '1 tsf 4 times daily', '5 days', 'after eating', 1],
          ['ambroxol 15 mg/5 ml', '1 tsf 3 times daily', '7 days', 'after eating', 1],
        ],
        advice: 'Breast milk and fluids as usual.',
      },
      {
        says: 'Ear ache and fever, she cries all night.',
        medicines: [
          ['amoxicillin 125 mg/5 ml', '1 tsf 3 times daily', '7 days', 'after eating', 2],
          ['ibuprofen 100 mg/5 ml', '1 tsf 3 times daily', '3 days', 'after eating', 1],
        ],
        advice: 'Finish the bottle of the antibiotic.',
      },
      {
        says: 'Loose motions since yesterday.',
        medicines: [
          ['oral rehydration salts', '1 sachet when needed', '3 days', undefined, 10],
          ['zinc sulphate 20 mg', '1+0+0', '10 days'],
        ],
        advice: 'Come at once if there is blood in the stool or no urine.',
      },
    ],
  },
  {
    department: 'Ear, Nose and Throat',
    specialisation: 'Otolaryngology',
    complaints: [
      {
        says: 'Throat pain, I can hardly swallow.',
        medicines: [
          ['amoxicillin 500 mg', '1+1+1', '7 days', 'after eating'],
          ['aceclofenac 100 mg', '1+0+1', '3 days', 'after eating'],
        ],
        advice: 'Gargle with warm salt water.',
      },
      {
        says: 'Ear pain after swimming.',
        medicines: [
          ['ciprofloxacin ear drops 0.3 %', '3 drops 3 times daily', '7 days', undefined, 1],
          ['naproxen 500 mg', '1+0+1', '5 days', 'after eating'],
        ],
        advice: 'Keep the ear dry.',
      },
      {
        says: 'Blocked nose and sneezing every morning.',
        medicines: [
          ['fexofenadine 120 mg', '0+0+1', '14 days'],
          ['xylometazoline 0.1 %', '2 drops twice daily', '5 days', undefined, 1],
        ],
        advice: 'Not longer than five days for the drops.',
      },
    ],
  },
  {
    department: 'Dermatology',
    specialisation: 'Skin diseases',
    complaints: [
      {
        says: 'A wound on the leg that does not heal.',
        medicines: [
          ['flucloxacillin 500 mg', '1+1+1+1', '7 days', 'before eating'],
          ['fusidic acid cream 2 %', 'twice daily', '7 days', undefined, 1],
        ],
        advice: 'Clean it twice a day, keep it covered.',
      },
      {
        says: 'An itching rash on both arms.',
        medicines: [
          ['betamethasone cream 0.1 %', 'twice daily', '7 days', undefined, 1],
          ['cetirizine 10 mg', '0+0+1', '10 days'],
        ],
        advice: 'No soap on the rash.',
      },
      {
        says: 'চুলকানি, পরিবারের সবার হয়েছে।',
        medicines: [
          ['permethrin cream 5 %', '0+0+1', '1 day', undefined, 2],
          ['loratadine 10 mg', '0+0+1', '7 days'],
        ],
        advice: 'পরিবারের সবাই একসাথে ব্যবহার করবেন।',
      },
    ],
  },
  {
    department: 'Neurology',
    specialisation: 'Neurology',
    complaints: [
      {
        says: 'Headaches on one side, twice a week.',
        medicines: [
          ['propranolol 10 mg', '1+0+1', '30 days', 'after eating'],
          ['flunarizine 5 mg', '0+0+1', '30 days'],
        ],
        advice: 'Keep a diary of the headaches.',
        lasting: 'Migraine',
      },
      {
        says: 'Burning feet at night.',
        medicines: [
          ['pregabalin 75 mg', '0+0+1', '14 days'],
          ['vitamin b complex', '1+0+1', '30 days', 'after eating'],
        ],
        tests: ['Nerve conduction study'],
        advice: 'Come again in two weeks.',
      },
    ],
  },
  {
    department: 'Respiratory Medicine',
    specialisation: 'Chest diseases',
    complaints: [
      {
        says: 'Short of breath at night, wheezing.',
        medicines: [
          ['salbutamol inhaler 100 mcg', '2 puff when needed', '30 days', undefined, 1],
          ['montelukast 10 mg', '0+0+1', '30 days'],
        ],
        tests: ['Spirometry'],
        advice: 'Rinse the mouth after the inhaler.',
        lasting: 'Asthma',
      },
      {
        says: 'Cough with yellow phlegm for a week.',
        medicines: [
          ['azithromycin 500 mg', '1+0+0', '5 days', 'before eating'],
          ['bromhexine 8 mg', '1+1+1', '7 days', 'after eating'],
        ],
        tests: ['Chest X-ray'],
        advice: 'No smoking.',
      },
    ],
  },
  {
    department: 'Gastroenterology',
    specialisation: 'Digestive diseases',
    complaints: [
      {
        says: 'Heartburn after every meal.',
        medicines: [
          ['esomeprazole 20 mg', '1+0+1', '14 days', 'before eating'],
          ['domperidone 10 mg', '1+1+1', '7 days', 'before eating'],
        ],
        advice: 'Small meals, nothing fried.',
      },
      {
        says: 'Stomach pain and loose motions.',
        medicines: [
          ['metronidazole 400 mg', '1+1+1', '5 days', 'after eating'],
          ['omeprazole 20 mg', '1+0+1', '14 days', 'before eating'],
        ],
        tests: ['Stool examination'],
        advice: 'Boiled water only.',
      },
    ],
  },
];

/** What hospitals offer beside doctors. */
export const SERVICES = ['Ambulance', 'Emergency unit', '24/7 pharmacy', 'Blood bank', 'Home sample collection'];

/** What patients must not be given. */
export const ALLERGIES = [
  { substance: 'Penicillin', drugClass: 'penicillins', severity: 'severe' },
  { substance: 'Aspirin', drugClass: 'antiplatelets', severity: 'moderate' },
  { substance: 'Naproxen', drugClass: 'non-steroidal anti-inflammatories', severity: 'mild' },
  { substance: 'Sulfonamides', severity: 'moderate' },
  { substance: 'Paracetamol', drugClass: 'analgesics', severity: 'mild' },
] as const;

import type { CommandOf } from '../../domain/kernel/decider.js';
import type { medicine } from '../../domain/pharmacy/medicine.js';

// Generic medicines as pharmacies in Bangladesh sell them, with prices of about the right size.

type AddMedicine = Extract<CommandOf<typeof medicine.commands>, { type: 'AddMedicine' }>['data'];
type Category = AddMedicine['category'];

export interface Product extends AddMedicine {
  /** `amoxicillin 500 mg`: what prescriptions of the simulation call it. */
  readonly key: string;
  /** Units received at a time: tablets by the box, bottles by the dozen. */
  readonly delivery: number;
}

const TYPES = { t: 'tablets', c: 'capsule', s: 'syrup', g: 'general' } as const;
const DELIVERY = { t: 400, c: 300, s: 40, g: 30 };

/**
 * One a line: name; strength; tablet, capsule, syrup or general; price of a unit in paisa; class. Those sold against a
 * prescription only have a star before the name.
 */
const LINES: Readonly<Record<Category, string>> = {
  fever: `
    Paracetamol;500 mg;t;120;analgesics
    Paracetamol;120 mg/5 ml;s;3500;analgesics
    Paracetamol;665 mg;t;200;analgesics
    Ibuprofen;100 mg/5 ml;s;4500;non-steroidal anti-inflammatories`,
  pain: `
    *Diclofenac;50 mg;t;250;non-steroidal anti-inflammatories
    *Naproxen;500 mg;t;1100;non-steroidal anti-inflammatories
    Aceclofenac;100 mg;t;400;non-steroidal anti-inflammatories
    *Tramadol;50 mg;c;1000;opioids
    *Baclofen;10 mg;t;800;muscle relaxants
    Diclofenac gel;1 %;g;6500;non-steroidal anti-inflammatories`,
  cough: `
    Ambroxol;15 mg/5 ml;s;5000;mucolytics
    Dextromethorphan;10 mg/5 ml;s;7500;antitussives
    Bromhexine;8 mg;t;150;mucolytics
    Butamirate;7.5 mg/5 ml;s;10000;antitussives`,
  cold: `
    Xylometazoline;0.1 %;g;4000;decongestants
    Pseudoephedrine;60 mg;t;300;decongestants
    Chlorpheniramine;4 mg;t;50;antihistamines
    Oxymetazoline;0.05 %;g;5500;decongestants`,
  flu: `
    *Oseltamivir;75 mg;c;16000;neuraminidase inhibitors
    *Favipiravir;200 mg;t;20000;antivirals
    Zinc sulphate;20 mg;t;250;minerals`,
  diabetes: `
    *Metformin;500 mg;t;400;biguanides
    *Metformin;850 mg;t;600;biguanides
    *Gliclazide;80 mg;t;700;sulfonylureas
    *Glimepiride;2 mg;t;800;sulfonylureas
    *Sitagliptin;50 mg;t;1500;gliptins
    *Empagliflozin;10 mg;t;2500;gliflozins
    *Insulin glargine;100 IU/ml;g;95000;insulins`,
  eye: `
    Carboxymethylcellulose;0.5 %;g;18000;artificial tears
    *Moxifloxacin eye drops;0.5 %;g;14000;fluoroquinolones
    Olopatadine;0.1 %;g;15000;antihistamines
    *Timolol;0.5 %;g;12000;beta blockers`,
  ear: `
    *Ciprofloxacin ear drops;0.3 %;g;5000;fluoroquinolones
    *Ofloxacin ear drops;0.3 %;g;6000;fluoroquinolones
    Docusate ear drops;5 %;g;9000;cerumenolytics`,
  allergy: `
    Cetirizine;10 mg;t;300;antihistamines
    Fexofenadine;120 mg;t;900;antihistamines
    Loratadine;10 mg;t;350;antihistamines
    Desloratadine;2.5 mg/5 ml;s;4000;antihistamines
    *Prednisolone;5 mg;t;200;corticosteroids`,
  asthma: `
    *Salbutamol inhaler;100 mcg;g;25000;beta agonists
    *Budesonide inhaler;200 mcg;g;45000;corticosteroids
    *Montelukast;10 mg;t;1600;leukotriene antagonists
    *Theophylline;200 mg;c;350;xanthines
    *Salbutamol;2 mg/5 ml;s;3000;beta agonists`,
  bloodpressure: `
    *Amlodipine;5 mg;t;500;calcium channel blockers
    *Losartan;50 mg;t;900;angiotensin blockers
    *Bisoprolol;2.5 mg;t;700;beta blockers
    *Ramipril;2.5 mg;c;600;ACE inhibitors
    *Hydrochlorothiazide;25 mg;t;250;thiazides
    *Telmisartan;40 mg;t;1100;angiotensin blockers`,
  heartdisease: `
    *Atorvastatin;10 mg;t;1000;statins
    *Rosuvastatin;10 mg;t;1800;statins
    *Clopidogrel;75 mg;t;1200;antiplatelets
    Aspirin;75 mg;t;100;antiplatelets
    *Nitroglycerin;2.6 mg;t;600;nitrates
    *Furosemide;40 mg;t;150;loop diuretics`,
  vitamins: `
    Vitamin D3;20000 IU;c;3000;vitamins
    Vitamin B complex;;t;150;vitamins
    Vitamin C;250 mg;t;190;vitamins
    Calcium carbonate;500 mg;t;600;minerals
    Ferrous fumarate;200 mg;t;120;iron
    Multivitamin;;s;15000;vitamins`,
  digestivehealth: `
    Omeprazole;20 mg;c;500;proton pump inhibitors
    Esomeprazole;20 mg;c;700;proton pump inhibitors
    Pantoprazole;20 mg;t;600;proton pump inhibitors
    Domperidone;10 mg;t;300;prokinetics
    Oral rehydration salts;;g;600;rehydration salts
    *Metronidazole;400 mg;t;170;nitroimidazoles
    Antacid suspension;;s;7500;antacids
    Lactulose;3.35 g/5 ml;s;12000;laxatives`,
  skin: `
    Clotrimazole cream;1 %;g;4000;azole antifungals
    Permethrin cream;5 %;g;6000;scabicides
    *Betamethasone cream;0.1 %;g;5500;corticosteroids
    Calamine lotion;;g;9000;soothing agents
    *Itraconazole;100 mg;c;1500;azole antifungals
    Fusidic acid cream;2 %;g;12000;topical antibiotics`,
  infection: `
    *Amoxicillin;500 mg;c;750;penicillins
    *Amoxicillin;125 mg/5 ml;s;7000;penicillins
    *Azithromycin;500 mg;t;3500;macrolides
    *Cefixime;200 mg;c;3500;cephalosporins
    *Cefuroxime;250 mg;t;2500;cephalosporins
    *Ciprofloxacin;500 mg;t;1500;fluoroquinolones
    *Doxycycline;100 mg;c;250;tetracyclines
    *Flucloxacillin;500 mg;c;1200;penicillins`,
  neurological: `
    *Amitriptyline;10 mg;t;150;tricyclics
    *Propranolol;10 mg;t;100;beta blockers
    *Pregabalin;75 mg;c;1600;gabapentinoids
    *Carbamazepine;200 mg;t;500;anticonvulsants
    *Clonazepam;0.5 mg;t;700;benzodiazepines
    *Flunarizine;5 mg;t;600;calcium channel blockers`,
};

const productOf = (category: Category, line: string): Product => {
  const [star = '', words = ''] = /^(\*?)(.*)$/.exec(line)!.slice(1);
  const [name, strength, type, price, drugClass] = words.split(';') as [
    string,
    string,
    keyof typeof TYPES,
    string,
    string,
  ];
  return {
    key: `${name} ${strength}`.trim().toLowerCase(),
    delivery: DELIVERY[type],
    name,
    ...(strength && { strength }),
    type: TYPES[type],
    category,
    price: { amount: Number(price), currency: 'BDT' },
    prescriptionRequired: star === '*',
    // Medicines pay no sales tax; what is sold beside them does.
    taxBasisPoints: drugClass === 'vitamins' ? 500 : 0,
    substance: name.replace(/ (?:inhaler|cream|gel|eye drops|ear drops)$/, ''),
    drugClass,
  };
};

export const FORMULARY: readonly Product[] = (Object.entries(LINES) as [Category, string][]).flatMap(
  ([category, lines]) =>
    lines
      .trim()
      .split('\n')
      .map((line) => productOf(category, line.trim())),
);

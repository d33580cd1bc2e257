/** One CPU in the text of every dump format. */
import type { CpuidLeaf } from '@xenlevel/cpuid'
import { realLeaves } from '../material.js'

const hex = (value: number, digits = 8) => value.toString(16).padStart(digits, '0')
const few = realLeaves.filter(
  ({ leaf, subleaf }) =>
    [0, 1, 4, 7, 0xd, 0x8000_0000, 0x8000_0001, 0x8000_0008].includes(leaf) && (subleaf ?? 0) < 3,
)

const aidaLine = ({ leaf, subleaf, a, b, c, d }: CpuidLeaf) =>
  `CPUID ${hex(leaf)}: ${[a, b, c, d].map((word) => hex(word).toUpperCase()).join('-')}${subleaf === null ? '' : ` [SL ${hex(subleaf, 2)}]`}`
const cpuidLine = ({ leaf, subleaf, a, b, c, d }: CpuidLeaf) =>
  `   0x${hex(leaf)} 0x${hex(subleaf ?? 0, 2)}: eax=0x${hex(a)} ebx=0x${hex(b)} ecx=0x${hex(c)} edx=0x${hex(d)}`
const policyLine = ({ leaf, subleaf, a, b, c, d }: CpuidLeaf) =>
  `  ${hex(leaf)}:${hex(subleaf ?? 0xffff_ffff)} -> ${[a, b, c, d].map((word) => hex(word)).join(':')}`
const rawLine = ({ leaf, a, b, c, d }: CpuidLeaf) =>
  `${leaf >= 0x8000_0000 ? 'ext_cpuid' : 'basic_cpuid'}[${leaf & 0xff}]=${[a, b, c, d].map((word) => hex(word)).join(' ')}`
const jsonLeaf = ({ leaf, subleaf, a, b, c, d }: CpuidLeaf) => ({
  leaf: `0x${hex(leaf)}`,
  subleaf: `0x${hex(subleaf ?? 0)}`,
  eax: `0x${hex(a)}`,
  ebx: `0x${hex(b)}`,
  ecx: `0x${hex(c)}`,
  edx: `0x${hex(d)}`,
})

const aida = few.map(aidaLine)
const policy = [
  ' CPUID:',
  '  leaf     subleaf  -> eax      ebx      ecx      edx',
  ...few.map(policyLine),
  ' MSRs:',
  '  index    -> value           ',
  '  000000ce -> 0000000080000000',
]

/** Sound dumps. */
export const DUMPS: readonly string[] = [
  ['------[ Logical CPU #0 ]------', ...aida, 'MSR 0000010A: 0000-0001-0000-002B'].join('\n'),
  [
    ...['CPU#000 AffMask: 0x0000000000000001', ...aida],
    ...['CPU#001 AffMask: 0x0000000000000002', ...aida, 'MSR 0000008B: < FAILED >'],
  ].join('\r\n'),
  ['CPU 0:', ...few.map(cpuidLine), 'CPU 1:', ...few.map(cpuidLine)].join('\n'),
  [
    'version=0.8.0',
    '_________________ Logical CPU #0 _________________',
    ...few.map(rawLine),
    'intel_fn4[0]=1c004121 01c0003f 0000003f 00000000',
    'amd_fn8000001dh[3]=00000708 00000f3c 00000064 00000000',
    '____ Logical CPU #1 ____',
  ].join('\n'),
  [
    'Xen reports there are maximum 120 leaves and 2 MSRs',
    `Raw policy: ${few.length} leaves, 1 MSRs`,
    ...policy,
    `HVM Max policy: ${few.length} leaves, 1 MSRs`,
    ...policy,
  ].join('\n'),
  [
    'processor\t: 0',
    'vendor_id\t: GenuineIntel',
    'cpu family\t: 6',
    'model\t\t: 85',
    'model name\t: Intel(R) Xeon(R) Silver 4214 CPU @ 2.20GHz',
    'stepping\t: 7',
    'microcode\t: 0x5000024',
    'flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep lm avx512f md_clear',
    'address sizes\t: 46 bits physical, 48 bits virtual',
    '',
    'processor\t: 1',
    'flags\t\t: fpu vme de pse tsc',
  ].join('\n'),
  JSON.stringify({ leaves: few.map(jsonLeaf), msrs: { '0x0000010a': '0x000000000000002b' } }),
  JSON.stringify({
    cpus: [
      { id: 0, leaves: few.map(jsonLeaf) },
      { id: 1, leaves: [] },
    ],
  }),
]

/** Words of their languages. */
export const DUMP_WORDS = [
  ...['CPUID ', 'MSR ', 'CPU ', 'CPU 1:\n', 'CPU#002 AffMask: 0x04\n', '[SL 01]', '   0x', ' -> '],
  ...[
    'basic_cpuid[',
    'ext_cpuid[31]=',
    'intel_fn11[0]=',
    '____ Logical CPU #1 ____\n',
    ' policy: ',
  ],
  ...['Host policy: 1 leaves, 1 MSRs\n', 'flags: ', 'processor: ', 'eax=', '"leaves":', '"msrs":{'],
  ...['"leaf":"0x7"', '"eax":1', 'version=', ': 00000000-00000000-00000000-00000000', '\n'],
]

/** The programs that are run everywhere: what each uses, what it is installed with, and what it has to say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { answer as core } from './programs/core.js'
import { answer as coreIoTs } from './programs/core-io-ts.js'
import { answer as cpuid } from './programs/cpuid.js'
import { answer as hwXen } from './programs/hw-xen.js'
import { answer as hwXenSimulated } from './programs/hw-xen-simulated.js'
import { answer as microcode } from './programs/microcode.js'
import { answer as migration } from './programs/migration.js'
import { answer as migrationNode } from './programs/migration-node.js'
import { ROOT } from './shell.js'

/** What a program may do where the runtime asks: nothing, look things up, everything. */
export type Rights = 'nothing' | 'read' | 'all'

/** One program of a user. */
export interface Program {
  /** What it imports, as in the table. */
  readonly subject: string
  /** Its file in programs/, without the ending. */
  readonly file: string
  /** The package that it is about, by its folder. */
  readonly of: string
  /** Packages of others beside it: optional peers. */
  readonly others?: readonly string[]
  /** Those have native code that lies beside it: what they would run at installation is not needed. */
  readonly scriptsOff?: boolean
  /** What it does beside computing. */
  readonly rights?: Rights
  /** What it answers on the sources of this repository. */
  readonly answers: () => Promise<Readonly<Record<string, unknown>>>
  /** What is different in a consumer. */
  readonly inConsumers?: Readonly<Record<string, unknown>>
  /** What is different in browsers. */
  readonly inBrowsers?: Readonly<Record<string, unknown>>
  /** Why it is not for browsers. */
  readonly notInBrowsers?: string
}

const HW_XEN: Program = {
  subject: '@xenlevel/hw-xen',
  file: 'hw-xen',
  of: 'hw-xen',
  answers: hwXen,
  notInBrowsers: 'speaks to a Xen by modules of Node',
}

/** A program for every entry of every package. */
export const PROGRAMS: readonly Program[] = [
  {
    subject: '@xenlevel/cpuid',
    file: 'cpuid',
    of: 'cpuid',
    answers: cpuid,
    inBrowsers: { hex: 'BUFFER_UNAVAILABLE' },
  },
  { subject: '@xenlevel/core', file: 'core', of: 'core', answers: core },
  {
    subject: '@xenlevel/core/io-ts',
    file: 'core-io-ts',
    of: 'core',
    others: ['io-ts@2.2.22', 'fp-ts@2.16.11'],
    answers: coreIoTs,
  },
  { subject: '@xenlevel/microcode', file: 'microcode', of: 'microcode', answers: microcode },
  { subject: '@xenlevel/migration', file: 'migration', of: 'migration', answers: migration },
  {
    subject: '@xenlevel/migration/node',
    file: 'migration-node',
    of: 'migration',
    rights: 'all',
    answers: migrationNode,
    notInBrowsers: 'reads files by modules of Node',
  },
  // The repository has koffi; a user has it only if it was asked for.
  { ...HW_XEN, inConsumers: { missing: 'koffi' } },
  {
    subject: '@xenlevel/hw-xen/simulated and /conformance',
    file: 'hw-xen-simulated',
    of: 'hw-xen',
    answers: hwXenSimulated,
  },
]

/** The same program again with the optional peer: then it is the device that is missing. */
export const WITH_KOFFI: Program = {
  ...HW_XEN,
  subject: '@xenlevel/hw-xen with koffi',
  others: ['koffi@3.3.4'],
  scriptsOff: true,
  rights: 'all',
}

/** The two forms of a package. */
export const FORMS = [
  { form: 'import', ending: 'mjs', module: ts.ModuleKind.ESNext, rights: 'nothing' },
  // Modules that are required are files that are read.
  { form: 'require', ending: 'cjs', module: ts.ModuleKind.CommonJS, rights: 'read' },
] as const

/** A form of a package. */
export type Form = (typeof FORMS)[number]

/** A program as it is written. */
export function sourceOf({ file }: Program): string {
  return readFileSync(join(ROOT, 'scripts', 'consumers', 'programs', `${file}.ts`), 'utf8')
}

/** A program without its types, in one of the forms. */
export function scriptOf(program: Program, { module }: Form): string {
  const compilerOptions = { module, target: ts.ScriptTarget.ES2022 }
  return ts.transpileModule(sourceOf(program), { compilerOptions }).outputText
}

/** Calls a program that lies beside it, and prints what it answers in one line. */
export function mainOf({ file }: Program, { form, ending }: Form): string {
  const loading =
    form === 'import'
      ? `import { answer } from './${file}.${ending}'`
      : `const { answer } = require('./${file}.${ending}')`
  return `${loading}\nanswer().then((told) => console.log(JSON.stringify(told)))\n`
}

/** The same programs before TypeScript compilers, strict and with the declarations checked too. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, type Cell, must, untried } from './cells.js'
import { PROGRAMS, type Program, sourceOf } from './programs.js'
import { inParallel, lastLines, run } from './shell.js'

/** The oldest that reads the declarations, and the newest of each major version. */
const COMPILERS = ['5.7.3', '5.9.3', '6.0.3', '7.0.2']

/** What the programs need beside the packages. */
export const TYPESCRIPT_PACKAGES: readonly string[] = [
  ...COMPILERS.map((version) => `typescript-${version}@npm:typescript@${version}`),
  '@types/node@20.19.43',
  'io-ts@2.2.22',
  'fp-ts@2.16.11',
]

/** How packages are looked for, and what the language knows beside itself. */
interface Setting {
  readonly name: string
  /** The ending of its files by form, as in the table. */
  readonly forms: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, unknown>>
  readonly node: boolean
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'nodenext',
    forms: { 'NodeNext, import': 'mts', 'NodeNext, require': 'cts' },
    options: { module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'] },
    node: true,
  },
  {
    name: 'bundler',
    forms: { bundler: 'ts' },
    options: { module: 'ESNext', moduleResolution: 'Bundler', types: ['node'] },
    node: true,
  },
  {
    name: 'browser',
    forms: { 'bundler, types of browsers': 'ts' },
    options: {
      module: 'ESNext',
      moduleResolution: 'Bundler',
      types: [],
      lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    },
    node: false,
  },
]

const STRICT = {
  target: 'ES2022',
  lib: ['ES2022'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
}

/** The cells of every compiler and setting, in a folder where everything is installed. */
export async function tryTypeScript(folder: string): Promise<readonly Cell[]> {
  for (const setting of SETTINGS) writeSetting(folder, setting)
  const runs = SETTINGS.flatMap((setting) =>
    COMPILERS.map((version) => () => compile(folder, setting, version)),
  )
  return (await inParallel(runs)).flat()
}

const isTried = (setting: Setting, program: Program) =>
  setting.node || program.notInBrowsers === undefined

function writeSetting(folder: string, { name, ...setting }: Setting): void {
  const sources = join(folder, name)
  mkdirSync(sources, { recursive: true })
  for (const program of PROGRAMS.filter((each) => isTried({ name, ...setting }, each))) {
    for (const ending of Object.values(setting.forms)) {
      writeFileSync(join(sources, `${program.file}.${ending}`), sourceOf(program))
    }
  }
  const compilerOptions = { ...STRICT, ...setting.options }
  writeFileSync(join(sources, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }))
}

/** One run of a compiler; what it says of a program is that program's, and the rest is everyone's. */
async function compile(folder: string, setting: Setting, version: string): Promise<Cell[]> {
  const tsc = join(folder, 'node_modules', `typescript-${version}`, 'bin', 'tsc')
  const ran = await run(process.execPath, [tsc, '-p', setting.name, '--pretty', 'false'], {
    cwd: folder,
    timeout: 300_000,
  })
  const errors = ran.stdout.split('\n').filter((line) => line.includes('error TS'))
  const ofProgram = /^\w+\/([\w-]+\.[mc]?ts)\(/
  const common = errors.filter((line) => !ofProgram.test(line))
  const cells: Cell[] = []
  for (const [form, ending] of Object.entries(setting.forms)) {
    for (const program of PROGRAMS) {
      const row = `${program.subject}, ${form}`
      const place = { table: 'TypeScript', row, column: `TypeScript ${version}` }
      if (!isTried(setting, program)) {
        cells.push(untried(place, program.notInBrowsers ?? ''))
        continue
      }
      const own = errors.filter((line) => ofProgram.exec(line)?.[1] === `${program.file}.${ending}`)
      cells.push(
        await attempt(place, () => {
          const [first] = [...own, ...common]
          must(first === undefined, first ?? '')
          must(ran.status === 0 || errors.length > 0, lastLines(ran))
        }),
      )
    }
  }
  return cells
}

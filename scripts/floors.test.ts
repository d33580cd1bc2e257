/** The floors of the house: a package imports only what is below it, and only some may touch the world outside. */
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A row of the floor plan. */
interface Floor {
  readonly name: string
  /** The packages of ours that it may import. */
  readonly below: readonly string[]
  /** What the page says of the packages of others. */
  readonly outside: string
}

/** The floor plan, as the architecture page has it: the highest floor first. */
function floorPlan(): Floor[] {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const rows = [...page.matchAll(/^\| \d +\| `@xenlevel\/([\w-]+)` +\| ([^|]+)\|([^|]+)\|$/gm)]
  const names = rows.map(([, name = '']) => name)
  return rows.map(([, name = '', may = '', outside = ''], at) => ({
    name,
    below:
      may.trim() === 'all below'
        ? names.slice(at + 1)
        : names.filter((one) => may.split(/, | /).includes(one)),
    outside: outside.trim(),
  }))
}

const PLAN = floorPlan()
/** Packages of others that each may import: the runtime dependencies of the floor plan, and what the build bundles. The page names them all. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  cpuid: ['bigint-buffer'],
  core: ['zod', 'io-ts', 'fp-ts'],
  'hw-xen': ['koffi'],
  cli: ['zod'],
}
/** Packages that may use Node’s modules anywhere; the others in commands and in files that are the entry of a /node subpath. */
const WITH_IO = ['hw-xen', 'cli']

function sourcesOf(name: string): string[] {
  const folder = join(root, 'packages', name, 'src')
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) =>
          file.endsWith('.ts') &&
          !file.endsWith('.test.ts') &&
          !file.endsWith('.testing.ts') &&
          !file.endsWith('.d.ts'),
      )
      .map((file) => join(folder, file))
  } catch {
    return []
  }
}

function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

describe.each(PLAN)('$name', ({ name, below, outside: told }) => {
  const imports = sourcesOf(name).flatMap((file) =>
    importsOf(file).map((specifier) => ({ file, specifier })),
  )
  const outside = imports.filter(({ specifier }) => !specifier.startsWith('.'))
  const show = (found: typeof imports) =>
    found.map(({ file, specifier }) => `${relative(root, file)} imports ${specifier}`)

  it('imports nothing from its own floor or above', () => {
    const allowed = below.map((lower) => `@xenlevel/${lower}`)
    const wrong = outside.filter(
      ({ specifier }) =>
        specifier.startsWith('@xenlevel/') && !allowed.includes(packageOf(specifier)),
    )
    expect(show(wrong)).toEqual([])
  })

  it('does not reach into another package’s files', () => {
    const folder = join(root, 'packages', name)
    const wrong = imports.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') &&
        relative(folder, join(dirname(file), specifier)).startsWith('..'),
    )
    expect(show(wrong)).toEqual([])
  })

  it('stands on the dependencies of the floor plan alone', () => {
    const wrong = outside.filter(
      ({ specifier }) =>
        !specifier.startsWith('@xenlevel/') &&
        !specifier.startsWith('node:') &&
        !(OUTSIDE[name] ?? []).includes(packageOf(specifier)),
    )
    expect(show(wrong)).toEqual([])
  })

  it('has those dependencies on the architecture page', () => {
    expect((OUTSIDE[name] ?? []).filter((dependency) => !told.includes(dependency))).toEqual([])
  })

  it('does no I/O where none belongs', () => {
    const wrong = outside.filter(
      ({ file, specifier }) =>
        (specifier.startsWith('node:') || builtinModules.includes(specifier)) &&
        !WITH_IO.includes(name) &&
        !file.endsWith('/node.ts') &&
        !file.includes('/src/bin/'),
    )
    expect(show(wrong)).toEqual([])
  })

  it('declares what it imports', () => {
    const manifest: { dependencies?: object; peerDependencies?: object; devDependencies?: object } =
      JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.devDependencies,
    })
    const wrong = outside.filter(
      ({ specifier }) => !specifier.startsWith('node:') && !declared.includes(packageOf(specifier)),
    )
    expect(show(wrong)).toEqual([])
  })
})

it('knows the floor of every package', () => {
  expect(PLAN.map(({ name }) => name).sort()).toEqual(readdirSync(join(root, 'packages')).sort())
  expect(PLAN.find(({ name }) => name === 'core')?.below).toEqual(['cpuid'])
  expect(PLAN.find(({ name }) => name === 'cli')?.below).toHaveLength(5)
})

it('sees the imports that it judges', () => {
  expect(sourcesOf('core').length).toBeGreaterThan(5)
  expect(sourcesOf('core').flatMap(importsOf)).toContain('@xenlevel/cpuid')
})

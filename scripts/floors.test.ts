/** The floors of the house: a package imports only what is below it, and only some may touch the world outside. */
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Package to the packages of ours that it may import. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  cpuid: [],
  microcode: ['cpuid'],
  core: ['cpuid'],
  migration: ['cpuid', 'core'],
  'hw-xen': ['cpuid', 'core', 'microcode'],
  cli: ['cpuid', 'core', 'microcode', 'migration', 'hw-xen'],
}
/** Packages of others that each may import: the runtime dependencies of the floor plan, and what the build bundles. */
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

describe.each(Object.entries(FLOORS))('%s', (name, below) => {
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

it('sees the imports that it judges', () => {
  expect(sourcesOf('core').length).toBeGreaterThan(5)
  expect(sourcesOf('core').flatMap(importsOf)).toContain('@xenlevel/cpuid')
})

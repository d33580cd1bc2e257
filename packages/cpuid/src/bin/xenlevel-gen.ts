#!/usr/bin/env node
/** xenlevel-gen: a header of feature bits to a table module. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { XenlevelError } from '../errors.js'
import type { FeatureDependencies } from '../features/declarations.js'
import { flattenFeatures } from '../features/flatten.js'
import { parseFeatureHeader } from '../features/header.js'
import { featureDependencies, pointRelease } from '../features/releases.js'
import { formatTableModule } from '../features/table-module.js'

const HELP = `Usage: xenlevel-gen [options] HEADER

Makes a TypeScript module with the feature table of a Xen whose cpufeatureset.h is HEADER ("-" for standard input).

  --like RELEASE         take the script rules and the dependencies of this release (default: the newest)
  --dependencies FILE    take the dependencies from this JSON file instead: { "NEEDED": ["DEPENDENT", ...], ... }
  --add FILE             add dependencies from this JSON file
  --name NAME            what the table is called (default: RELEASE-custom)
  -o, --output FILE      write the module there, whole or not at all (default: standard output)
  -h, --help             show this

Exit status: 0 done, 1 the header or the dependencies are refused, 2 it could not be done.

Example:
  xenlevel-gen --like 4.17.7 --name 4.17.7-acme -o acme-table.ts xen/include/public/arch-x86/cpufeatureset.h
`

/** Something about the command line or the files that are not the header. */
class UsageError extends Error {}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      like: { type: 'string', default: '4.23-dev' },
      dependencies: { type: 'string' },
      add: { type: 'string' },
      name: { type: 'string' },
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const [header, ...more] = positionals
  if (header === undefined || more.length > 0)
    throw new UsageError('expected one HEADER; see xenlevel-gen --help')
  const like = pointRelease(values.like)
  const declarations = parseFeatureHeader(read(header), { release: like })
  const stated =
    values.dependencies === undefined
      ? featureDependencies(like)
      : readDependencies(values.dependencies)
  const dependencies = merge(stated, values.add === undefined ? {} : readDependencies(values.add))
  // For its checks: what cannot be flattened must not become a module.
  flattenFeatures(declarations, dependencies, like)
  const source = header === '-' ? 'standard input' : header
  const module = formatTableModule({
    declarations,
    dependencies,
    release: values.name ?? `${like}-custom`,
    source,
  })
  if (values.output === undefined) process.stdout.write(module)
  else writeWhole(values.output, module)
}

function read(path: string): string {
  return readFileSync(path === '-' ? 0 : path, 'utf8')
}

function readDependencies(path: string): FeatureDependencies {
  let value: unknown
  try {
    value = JSON.parse(read(path))
  } catch (cause) {
    throw new UsageError(
      `${path} cannot be read as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
  if (!isDependencies(value)) {
    throw new UsageError(`${path} is not of the form { "NEEDED": ["DEPENDENT", ...] }`)
  }
  return value
}

function isDependencies(value: unknown): value is FeatureDependencies {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(
      (names: unknown) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
    )
  )
}

function merge(a: FeatureDependencies, b: FeatureDependencies): FeatureDependencies {
  const merged: Record<string, readonly string[]> = { ...a }
  for (const [needed, dependents] of Object.entries(b)) {
    merged[needed] = [...new Set([...(merged[needed] ?? []), ...dependents])]
  }
  return merged
}

function writeWhole(path: string, text: string): void {
  const temporary = `${path}.new-${process.pid}`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

try {
  main()
} catch (error) {
  if (!(error instanceof Error)) throw error
  process.stderr.write(`xenlevel-gen: ${error.message}\n`)
  process.exitCode = error instanceof XenlevelError ? 1 : 2
}

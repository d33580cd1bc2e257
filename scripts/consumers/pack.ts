/** Packing as for the registry, and what is in the tarball: what users need, and nothing else. */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { attempt, type Cell, must } from './cells.js'
import { COMMON_FILES, PACKAGES, type PublishedPackage, RELEASED_FILE } from './packages.js'
import { mustRun, ROOT } from './shell.js'

/** The tarballs by folder of the package. */
export type Tarballs = ReadonlyMap<string, string>

const manifestSchema = z.looseObject({
  name: z.string(),
  private: z.boolean().optional(),
  scripts: z.record(z.string(), z.string()).default({}),
  bin: z.record(z.string(), z.string()).default({}),
})

/** Scripts that npm runs when a package is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']

/** Text that only this repository understands, by the files that must not have it. */
const UNPUBLISHED: readonly (readonly [files: RegExp, what: RegExp, why: string])[] = [
  [/\.[mc]?[jt]s$/, /[#@]\s*sourceMappingURL=/, 'names a source map that nobody gets'],
  [/^package\.json$/, /"workspace:/, 'names a workspace'],
  [/^package\.json$/, /@xenlevel\/source/, 'leads to sources'],
]

/** Packs every package, in the folder. */
export async function packAll(folder: string): Promise<Tarballs> {
  const unlisted = readdirSync(join(ROOT, 'packages')).filter(
    (name) => !PACKAGES.some((known) => known.folder === name) && published(name),
  )
  must(unlisted.length === 0, `scripts/consumers/packages.ts has no row for ${unlisted.join(', ')}`)
  const tarballs = new Map<string, string>()
  for (const { folder: name } of PACKAGES) {
    const target = join(folder, name)
    mkdirSync(target, { recursive: true })
    const pnpm = join(ROOT, 'node_modules', '.bin', 'pnpm')
    const cwd = join(ROOT, 'packages', name)
    await mustRun(pnpm, ['pack', '--pack-destination', target], { cwd })
    const [file] = readdirSync(target)
    must(file !== undefined, `${name} was not packed`)
    tarballs.set(name, join(target, file))
  }
  return tarballs
}

/** Whether the packages hold what they should. */
export async function tryContents(tarballs: Tarballs, folder: string): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  for (const published of PACKAGES) {
    const row = `@xenlevel/${published.folder}`
    const place = { table: 'Packages', row, column: 'holds only what users need' }
    cells.push(
      await attempt(place, async () => {
        const unpacked = join(folder, published.folder)
        mkdirSync(unpacked, { recursive: true })
        const tarball = tarballs.get(published.folder) ?? ''
        await mustRun('tar', ['-xzf', tarball, '-C', unpacked], { cwd: folder })
        checkContents(published, join(unpacked, 'package'))
      }),
    )
  }
  return cells
}

function published(name: string): boolean {
  const manifest = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')
  return manifestSchema.parse(JSON.parse(manifest)).private !== true
}

function checkContents(published: PublishedPackage, folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name).slice(folder.length + 1))
  const allowed = [...COMMON_FILES, ...published.files]
  const fits = (file: string, rule: string | RegExp) =>
    typeof rule === 'string' ? file === rule : rule.test(file)
  const extra = files.filter(
    (file) => file !== RELEASED_FILE && !allowed.some((rule) => fits(file, rule)),
  )
  must(extra.length === 0, `holds ${extra.join(', ')}`)
  const missing = allowed.filter((rule) => !files.some((file) => fits(file, rule)))
  must(missing.length === 0, `lacks ${missing.join(', ')}`)
  for (const [those, what, why] of UNPUBLISHED) {
    const wrong = files.filter(
      (file) => those.test(file) && what.test(readFileSync(join(folder, file), 'utf8')),
    )
    must(wrong.length === 0, `${wrong.join(', ')} ${why}`)
  }
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  )
  const scripts = INSTALL_SCRIPTS.filter((name) => name in manifest.scripts)
  must(scripts.length === 0, `runs ${scripts.join(', ')} when it is installed`)
  for (const program of Object.values(manifest.bin)) {
    const path = join(folder, program)
    must(
      readFileSync(path, 'utf8').startsWith('#!/usr/bin/env node\n'),
      `${program} has no #! line`,
    )
    must((statSync(path).mode & 0o111) === 0o111, `${program} may not be executed`)
  }
}

/** The project as a user would get it: packed, and installed by npm beside koffi. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { HarnessError, run } from './shell.js'

/** What dom0's programs import. */
const PACKAGES = ['cpuid', 'microcode', 'core', 'migration', 'hw-xen'] as const

/** Builds and packs the packages, and installs the tarballs with koffi into `folder`/node_modules. */
export function installProject(root: string, folder: string, build: boolean): void {
  const pnpm = join(root, 'node_modules/.bin/pnpm')
  if (build) {
    const filters = PACKAGES.flatMap((name) => ['--filter', `@xenlevel/${name}`])
    run(pnpm, ['-r', ...filters, 'run', 'build'], { cwd: root })
  }
  const tarballs = join(folder, 'tarballs')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(tarballs, { recursive: true })
  for (const name of PACKAGES)
    run(pnpm, ['pack', '--pack-destination', tarballs], { cwd: join(root, 'packages', name) })
  const files = readdirSync(tarballs).map((name) => join(tarballs, name))
  if (files.length !== PACKAGES.length)
    throw new HarnessError(`expected ${PACKAGES.length} packed packages, found ${files.length}`)
  writeFileSync(
    join(folder, 'package.json'),
    '{ "name": "dom0", "private": true, "type": "module" }\n',
  )
  // pnpm's own settings come to npm through the environment, and npm complains of them.
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...files, koffiOf(root)], {
    cwd: folder,
  })
  rmSync(tarballs, { recursive: true, force: true })
  leaveOtherSystemsOut(join(folder, 'node_modules'))
}

/** The version that the project is developed with. */
function koffiOf(root: string): string {
  const manifest: { readonly devDependencies?: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, 'packages/hw-xen/package.json'), 'utf8'),
  )
  return `koffi@${manifest.devDependencies?.koffi ?? 'latest'}`
}

/** koffi brings a binary for each system; dom0 lives in memory. */
function leaveOtherSystemsOut(modules: string): void {
  const builds = join(modules, 'koffi/build/koffi')
  if (!existsSync(builds)) return
  for (const name of readdirSync(builds))
    if (name !== 'linux_x64') rmSync(join(builds, name), { recursive: true })
  for (const name of ['doc', 'src', 'vendor'])
    rmSync(join(modules, 'koffi', name), { recursive: true, force: true })
}

/** Puts the harness's own programs beside the installed packages, as JavaScript. */
export function copyPrograms(from: string, folder: string): void {
  for (const name of readdirSync(from)) {
    const source = join(from, name)
    if (!name.endsWith('.ts')) {
      copyFileSync(source, join(folder, name))
      continue
    }
    const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
      fileName: name,
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), outputText)
  }
}

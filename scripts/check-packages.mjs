// Packs every public package as it would be published and holds it to publint and attw; the packed files must not lead to sources.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules', '.bin', name)
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const folder = mkdtempSync(join(tmpdir(), 'xenlevel-pack-'))

try {
  for (const name of readdirSync(join(root, 'packages'))) {
    const path = join(root, 'packages', name)
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
    if (manifest.private) continue
    run(bin('pnpm'), ['pack', '--pack-destination', folder], path)
    const file = readdirSync(folder).find((candidate) => candidate.includes(`xenlevel-${name}-`))
    const tarball = join(folder, file)
    const packed = JSON.parse(run('tar', ['-xOzf', tarball, 'package/package.json'], folder))
    const files = run('tar', ['-tzf', tarball], folder).trim().split('\n')
    const problems = []
    if (JSON.stringify(packed.exports).includes('@xenlevel/source'))
      problems.push('its exports lead to sources')
    if (JSON.stringify(packed.dependencies ?? {}).includes('workspace:'))
      problems.push('it depends on workspace: versions')
    if (packed.scripts?.install ?? packed.scripts?.postinstall)
      problems.push('it has an install script')
    for (const wanted of ['LICENSE', 'README.md']) {
      if (!files.includes(`package/${wanted}`)) problems.push(`it has no ${wanted}`)
    }
    if (problems.length > 0) throw new Error(`${manifest.name}: ${problems.join(', ')}`)
    run(bin('publint'), ['run', '--strict', tarball], root)
    run(bin('attw'), ['--profile', 'node16', '--no-emoji', '--no-color', tarball], root)
    console.log(`${manifest.name}: ${files.length} files, publint and attw find nothing`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

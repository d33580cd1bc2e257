// Runs one TypeScript program of this repository on the packages' sources, without a build.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [program, ...rest] = process.argv.slice(2)
if (program === undefined) {
  process.stderr.write('usage: node scripts/run.mjs PROGRAM.ts [ARGUMENT …]\n')
  process.exit(2)
}
const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
const result = spawnSync(
  process.execPath,
  [tsx, '--conditions=@xenlevel/source', join(root, program), ...rest],
  { cwd: root, stdio: 'inherit' },
)
process.exit(result.status ?? 1)

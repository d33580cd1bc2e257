// Installs what the other commands need, once per state of the lockfile, and says in one sentence what is missing when it cannot.
// Plain JavaScript on purpose: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function stop(message) {
  process.stderr.write(`xenlevel: ${message}\n`)
  process.exit(1)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 11)) {
  stop(
    `Node ${process.versions.node} is too old; this project needs Node 20.11 or newer. Install it and run the same command again.`,
  )
}

const inputs = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
const wanted = createHash('sha256')
for (const file of inputs) wanted.update(readFileSync(join(root, file)))
const state = `${wanted.digest('hex')} ${process.version}\n`
const stamp = join(root, 'node_modules', '.cache', 'xenlevel-setup')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== state) {
  process.stderr.write('xenlevel: installing the tools (once, for a minute or more) …\n')
  const pnpm = manifest.packageManager
  const result = spawnSync(
    process.platform === 'win32' ? 'npx.cmd' : 'npx',
    ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  if (result.error)
    stop(
      `npx could not be started (${result.error.message}); npm comes with Node: is it on the PATH?`,
    )
  if (result.status !== 0) {
    const output = `${result.stdout}\n${result.stderr}`
    const log = join(root, 'node_modules', '.cache', 'xenlevel-setup.log')
    mkdirSync(dirname(log), { recursive: true })
    writeFileSync(log, output)
    const network =
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ERR_PNPM_META_FETCH_FAIL|network/i.test(
        output,
      )
    stop(
      network
        ? 'the package registry could not be reached. Check the network or the npm proxy settings, then run the same command again (what npm said is in node_modules/.cache/xenlevel-setup.log).'
        : `the installation failed with exit code ${result.status}. What it said is in node_modules/.cache/xenlevel-setup.log; its end:\n${output.trim().split('\n').slice(-12).join('\n')}`,
    )
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
}

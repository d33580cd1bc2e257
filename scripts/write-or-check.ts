/** What every generator does with its files: writes them, or with --check says which are stale. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The exit code. `files` are texts or bytes by path below `root`; `command` is what makes them anew. */
export function writeOrCheck(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  command: string,
): 0 | 1 {
  const check = process.argv.includes('--check')
  const stale = Object.entries(files).filter(([path, text]) => !holds(join(root, path), text))
  for (const [path, text] of stale) {
    const target = join(root, path)
    if (check) {
      console.error(`stale: ${path}; run "${command}" and commit the result`)
    } else {
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(`${target}.new`, text)
      renameSync(`${target}.new`, target)
    }
  }
  if (check && stale.length === 0) console.log(`${Object.keys(files).length} files are fresh`)
  return check && stale.length > 0 ? 1 : 0
}

function holds(file: string, wanted: string | Uint8Array): boolean {
  try {
    return readFileSync(file).equals(Buffer.from(wanted))
  } catch {
    return false
  }
}

/** Files that a script made say so, and which: the script is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { attempt, type Cell, must } from './cells.js'
import { ROOT } from './shell.js'

/** In one of the first lines. */
const BANNER = /^\/\/ Made by (scripts\/[\w-]+\.ts) from .+\. Do not edit\.$/m

/** A cell for each folder of generated files. */
export async function tryProvenance(): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  for (const folder of generatedFolders()) {
    const place = {
      table: 'Generated files',
      row: `\`${relative(ROOT, folder)}\``,
      column: 'say what made them',
    }
    cells.push(
      await attempt(place, () => {
        const files = readdirSync(folder)
        must(files.length > 0, 'is empty')
        for (const file of files) checkBanner(join(folder, file))
      }),
    )
  }
  return cells
}

function generatedFolders(): readonly string[] {
  const packages = join(ROOT, 'packages')
  return readdirSync(packages).flatMap((name) => {
    const sources = join(packages, name, 'src')
    return readdirSync(sources, { recursive: true, withFileTypes: true })
      .filter((found) => found.isDirectory() && found.name === 'generated')
      .map((found) => join(found.parentPath, found.name))
  })
}

function checkBanner(file: string): void {
  const head = readFileSync(file, 'utf8').split('\n').slice(0, 4).join('\n')
  const script = BANNER.exec(head)?.[1]
  must(script !== undefined, `${relative(ROOT, file)} does not say what made it`)
  must(existsSync(join(ROOT, script)), `${relative(ROOT, file)} is said to be made by ${script}`)
}

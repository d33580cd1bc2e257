/** Runs of iucode_tool in the words in which they are recorded. */
import type { IucodeRun } from './iucode.js'

/** What it prints, without its own name, and without colons behind the file's. */
export function describeIucode({ findings }: IucodeRun): string[] {
  return findings.map(({ path, says }) => {
    if (path.startsWith('file')) return `<file> ${says}`
    if (path.startsWith('bundle')) return `microcode bundle <file> ${says}`
    const index = Number(/^update (\d+)/.exec(path)?.[1]) + 1
    return `microcode 001/${String(index).padStart(3, '0')}: ${says}`
  })
}

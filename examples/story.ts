/** The files of the story that the examples tell: two hosts as their Xen 4.17.7 described itself, and a guest as `xl save` wrote it. */
import { readFileSync } from 'node:fs'
import { type HostSnapshot, parseHostSnapshot } from '@xenlevel/core'

/** Where a file of the story is. */
export const story = (file: string) => new URL(`../fixtures/story/${file}`, import.meta.url)

/** One of the two hosts. */
export function storyHost(name: 'haswell' | 'skylake'): HostSnapshot {
  return parseHostSnapshot(readFileSync(story(`${name}.json`), 'utf8'))
}

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AtomicWriter } from './atomic-write.js'
import { Folder } from './command.testing.js'

const folder = new Folder()
const place = (name: string) => {
  mkdirSync(join(folder.path, name))
  return join(folder.path, name)
}

async function* pieces(...texts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    if (text instanceof Error) throw text
    yield new TextEncoder().encode(text)
  }
}

describe('a file that is written', () => {
  it.each([
    { what: 'text', content: () => 'new' },
    { what: 'bytes', content: () => new TextEncoder().encode('new') },
    { what: 'pieces', content: () => pieces('n', 'ew') },
  ])('is there as a whole: $what', async ({ what, content }) => {
    const at = place(what)
    await new AtomicWriter().write(join(at, 'file'), content())
    expect(readFileSync(join(at, 'file'), 'utf8')).toBe('new')
    expect(readdirSync(at)).toEqual(['file'])
  })

  it('is not there until it is complete', async () => {
    const at = place('pending')
    writeFileSync(join(at, 'file'), 'old')
    const seen: string[][] = []
    const slowly = async function* () {
      yield new TextEncoder().encode('n')
      seen.push(readdirSync(at), [readFileSync(join(at, 'file'), 'utf8')])
      yield new TextEncoder().encode('ew')
    }
    await new AtomicWriter().write(join(at, 'file'), slowly())
    expect(seen).toEqual([[expect.stringMatching(/^\.file\.\d+-0\.tmp$/), 'file'], ['old']])
    expect(readFileSync(join(at, 'file'), 'utf8')).toBe('new')
  })

  it('keeps the permissions of what was there', async () => {
    const at = place('mode')
    writeFileSync(join(at, 'file'), 'old', { mode: 0o640 })
    await new AtomicWriter().write(join(at, 'file'), 'new')
    expect(statSync(join(at, 'file')).mode & 0o777).toBe(0o640)
  })

  it('stays behind a link', async () => {
    const at = place('link')
    writeFileSync(join(at, 'file'), 'old')
    symlinkSync('file', join(at, 'link'))
    await new AtomicWriter().write(join(at, 'link'), 'new')
    expect(readFileSync(join(at, 'file'), 'utf8')).toBe('new')
    expect(readdirSync(at).sort()).toEqual(['file', 'link'])
  })
})

describe('a file that fails', () => {
  it('leaves what was there, and nothing beside it', async () => {
    const at = place('failing')
    writeFileSync(join(at, 'file'), 'old')
    const failing = new AtomicWriter().write(join(at, 'file'), pieces('n', new Error('no more')))
    await expect(failing).rejects.toThrow('no more')
    expect(readdirSync(at)).toEqual(['file'])
    expect(readFileSync(join(at, 'file'), 'utf8')).toBe('old')
  })

  it('is named as it was asked for', async () => {
    const at = place('directory')
    const path = join(at, 'none', 'file')
    await expect(new AtomicWriter().write(path, 'new')).rejects.toMatchObject({
      code: 'ENOENT',
      path,
    })
    await expect(new AtomicWriter().write(at, 'new')).rejects.toMatchObject({ path: at })
    expect(readdirSync(at)).toEqual([])
  })

  it('is taken away at once when it is discarded', async () => {
    const at = place('discarded')
    const writer = new AtomicWriter()
    const slowly = async function* () {
      yield new TextEncoder().encode('n')
      expect(readdirSync(at)).toHaveLength(1)
      writer.discard()
      expect(readdirSync(at)).toEqual([])
      yield new TextEncoder().encode('ew')
    }
    await expect(writer.write(join(at, 'file'), slowly())).rejects.toMatchObject({ code: 'ENOENT' })
    expect(readdirSync(at)).toEqual([])
  })
})

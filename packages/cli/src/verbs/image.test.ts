import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseHostSnapshot, parsePolicyText } from '@xenlevel/core'
import { readHead, readImage, rewritePolicy } from '@xenlevel/migration'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand, runJson } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const cwd = fixtures
const folder = new Folder()
const image = new Uint8Array(readFileSync(join(fixtures, 'story/guest.save')))
const haswell = parseHostSnapshot(readFileSync(join(fixtures, 'story/haswell.json'), 'utf8'))

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What the library makes of an image. */
async function rewritten(...args: Parameters<typeof rewritePolicy>): Promise<Uint8Array> {
  const stream = new Blob([image]).stream().pipeThrough(rewritePolicy(...args))
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

describe('the head of an image', () => {
  it('gives its policy and its configuration', async () => {
    const head = await readHead(image)
    const { stdout } = await runCommand(['image', 'head', '--policy', 'story/guest.save'], { cwd })
    expect(head.cpuPolicy?.equals(parsePolicyText(stdout))).toBe(true)
    const config = await runCommand(['image', 'head', '--config'], { stdin: image })
    expect(JSON.parse(config.stdout)).toEqual(JSON.parse(head.config ?? ''))
    const names = await runCommand(['image', 'head', '--names', '-'], { stdin: image })
    for (const name of head.cpuPolicy?.featureset.names() ?? [])
      expect(names.stdout).toContain(name)
  })

  it('is all that is read of a pipe', async () => {
    let read = 0
    const { status } = await runCommand(['image', 'head', 'pipe'], {
      files: (files) => ({
        ...files,
        kindOf: async () => 'other',
        async *chunks() {
          for await (const chunk of chunks(image, 256)) {
            read += chunk.length
            yield chunk
          }
        },
      }),
    })
    const { headEnd } = await readHead(image)
    expect([status, read]).toEqual([0, Math.ceil(headEnd / 256) * 256])
  })

  it.each([
    { what: 'a text', stdin: '#!/bin/sh\nexit 0\n', says: 'The input is no domain image' },
    { what: 'nothing', stdin: '', says: 'The input ends' },
    { what: 'a piece', stdin: image.slice(0, 900), says: 'The input ends' },
  ])('of $what is told', async ({ stdin, says }) => {
    const { status, stderr } = await runCommand(['image', 'head', '-'], { stdin })
    expect(status).toBe(2)
    expect(stderr).toContain(says)
  })
})

describe('the records of an image', () => {
  it('are those of the library', async () => {
    const { stdout } = await runCommand(['image', 'records', '--json', 'story/guest.save'], { cwd })
    const seen: unknown[] = []
    for await (const event of readImage(image)) {
      if (event.kind === 'data') continue
      const { kind, layer, name, offset, length, size } = event
      seen.push({ kind, layer, name, offset, length, size })
    }
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toMatchObject(seen)
    const one = await runCommand(['image', 'records', '--layer', 'xl', 'story/guest.save'], { cwd })
    expect(one.stdout.trimEnd().split('\n')).toHaveLength(3)
  })
})

describe('another policy', () => {
  it('for a host is what the library writes, and lets the guest in there', async () => {
    const target = join(folder.path, 'for.save')
    const argv = [
      'image',
      'set-policy',
      '--for',
      'story/haswell.json',
      '-o',
      target,
      'story/guest.save',
    ]
    const { status, stderr } = await runCommand(argv, { cwd })
    expect([status, stderr.trim().split('\n')]).toEqual([
      0,
      ['ADX', 'CLFLUSHOPT', 'XGETBV1'].map((name) => `xenlevel: ${name} is taken away.`),
    ])
    const written = new Uint8Array(readFileSync(target))
    expect(written).toHaveLength(image.length)
    const { cpuPolicy } = await readHead(written)
    if (cpuPolicy === null) throw new Error('it has a policy')
    expect(written).toEqual(await rewritten(cpuPolicy))
    expect((await runCommand(['admit', target, 'story/haswell.json'], { cwd })).status).toBe(0)
  })

  it('of a file, of a host and none', async () => {
    const policy = haswell.policies?.pvDefault
    if (policy === undefined) throw new Error('the recorded host has policies')
    const ofHost = await runCommand(
      [
        'image',
        'set-policy',
        '--policy',
        'story/haswell.json',
        '-w',
        'pvDefault',
        'story/guest.save',
      ],
      { cwd },
    )
    expect(new Uint8Array(ofHost.bytes)).toEqual(await rewritten(policy))
    const none = await runCommand(['image', 'set-policy', '--none'], { stdin: image })
    expect(new Uint8Array(none.bytes)).toEqual(await rewritten(null))
    const again = await runCommand(['image', 'set-policy', '--policy', 'story/guest.save', '-'], {
      cwd,
      stdin: none.bytes,
    })
    expect(new Uint8Array(again.bytes)).toEqual(image)
  })

  it.each([
    { argv: ['story/guest.save'], says: 'one of --policy, --for and --none' },
    {
      argv: ['--none', '--for', 'x', 'story/guest.save'],
      says: 'one of --policy, --for and --none',
    },
    {
      argv: ['--none', '-o', '/nowhere/x', 'story/haswell.json'],
      says: '/nowhere/x: there is no such file',
    },
    {
      argv: ['--policy', 'story/haswell.json', '-w', 'hvmDefault', 'story/guest.save'],
      says: 'There is no policy of haswell: it runs no HVM guests.',
    },
  ])('$argv is told', async ({ argv, says }) => {
    const { status, stderr } = await runCommand(['image', 'set-policy', ...argv], { cwd })
    expect(status).toBe(2)
    expect(stderr).toContain(says)
  })

  it('for a terminal is refused', async () => {
    const { status, bytes } = await runCommand(
      ['image', 'set-policy', '--none', 'story/guest.save'],
      {
        cwd,
        tty: true,
      },
    )
    expect([status, bytes.length]).toEqual([2, 0])
  })
})

describe('images that are verified', () => {
  it('each get a verdict, and one that cannot be read does not keep the others from theirs', async () => {
    const { document, status, stderr } = await runJson(
      [
        'image',
        'verify',
        '--mode',
        'verify',
        'story/guest.save',
        'story/nowhere',
        'story/guest-levelled.save',
      ],
      { cwd },
    )
    expect(status).toBe(1)
    expect(stderr).toContain('story/nowhere: there is no such file')
    expect(document).toMatchObject({
      images: [
        { file: 'story/guest.save', ok: true, restore: false },
        { file: 'story/guest-levelled.save', ok: true },
      ],
    })
    expect((await runCommand(['image', 'verify', 'story/nowhere'], { cwd })).status).toBe(2)
  })

  it('by a pipe are judged as files are', async () => {
    const cut = image.slice(0, 3000)
    const { document, status } = await runJson(['image', 'verify', '-'], { stdin: cut })
    expect(status).toBe(1)
    const path = await folder.write('cut.save', cut)
    const file = await runJson(['image', 'verify', path])
    expect(document).toMatchObject({ images: [{ complete: false, ok: false }] })
    expect(file.document).toMatchObject({ images: [{ complete: false, ok: false }] })
  })
})

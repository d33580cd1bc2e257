import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatCpuPolicy, formatPolicyText, levelPool, parseHostSnapshot } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand, runJson } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const text = (path: string) => readFileSync(join(fixtures, path), 'utf8')
const skylake = parseHostSnapshot(text('story/skylake.json'))
const haswell = parseHostSnapshot(text('story/haswell.json'))
const policy = skylake.policies?.pvDefault
if (policy === undefined) throw new Error('the recorded host has policies')
const words = policy.featureset.toString()
const hosts = ['story/haswell.json', 'story/skylake.json'].map((path) => join(fixtures, path))

interface Answered {
  readonly guest: { readonly name: string; readonly kind: string; readonly from: string }
  readonly hosts: readonly { readonly host: string; readonly admitted: boolean }[]
}

describe('a guest that skylake takes and haswell does not', () => {
  it.each([
    { what: 'a policy document', content: () => formatCpuPolicy(policy), name: 'guest' },
    { what: 'the text of a policy', content: () => formatPolicyText(policy), name: 'guest' },
    { what: 'a featureset', content: () => `${words}\n`, name: 'guest' },
    {
      what: 'the flags that xapi keeps',
      content: () => `vendor: GenuineIntel; features: ${words}\n`,
      name: 'guest',
    },
    {
      what: 'the same as JSON',
      content: () => JSON.stringify({ vendor: 'GenuineIntel', features: words }),
      name: 'guest',
    },
    {
      what: 'a guest document',
      content: () =>
        JSON.stringify({
          format: 'xenlevel/guest',
          version: 1,
          name: 'db-1',
          kind: 'pv',
          featureset: words,
        }),
      name: 'db-1',
    },
    {
      what: 'the host that it booted on',
      content: () => text('story/skylake.json'),
      name: 'a guest of skylake',
    },
    {
      what: 'a level',
      content: () => JSON.stringify(levelPool([skylake])),
      name: 'a guest at the level',
    },
    {
      what: 'the answer about a level',
      content: () =>
        JSON.stringify({ format: 'xenlevel/level-answer', level: levelPool([skylake]) }),
      name: 'a guest at the level',
    },
    {
      what: 'an image',
      content: () => readFileSync(join(fixtures, 'story/guest.save')),
      name: 'guest',
    },
  ])('is read from $what', async ({ what, content, name }) => {
    const path = await folder.write(`${what}/guest`, content())
    const { document, status, stderr } = await runJson(['admit', '--kind', 'pv', path, ...hosts])
    expect([status, stderr]).toEqual([1, ''])
    const answer: Answered = JSON.parse(JSON.stringify(document))
    expect(answer.guest).toMatchObject({ name, kind: 'pv' })
    expect(answer.hosts.map(({ host, admitted }) => [host, admitted])).toEqual([
      ['haswell', false],
      ['skylake', true],
    ])
    const piped = await runJson(['admit', '-k', 'pv', '--name', 'web-1', '--any', '-', ...hosts], {
      stdin: content(),
    })
    expect([piped.status, piped.document.guest]).toMatchObject([0, { name: 'web-1' }])
  })

  it('is read from words on the command line', async () => {
    expect((await runCommand(['admit', '-k', 'pv', words, ...hosts])).status).toBe(1)
    expect(
      (
        await runCommand([
          'admit',
          '-k',
          'pv',
          haswell.policies?.pvDefault?.featureset.toString() ?? '',
          ...hosts,
        ])
      ).status,
    ).toBe(0)
  })
})

describe('what is no guest', () => {
  it.each([
    {
      what: 'a dump',
      content: text('xen/hosts/4.17-debian-EPYC.json'),
      says: 'it is no JSON document that tells of a guest',
    },
    { what: 'microcode', content: new Uint8Array([1, 0, 0, 0]), says: 'it is microcode' },
    {
      what: 'a damaged guest',
      content: '{"format":"xenlevel/guest","version":1,"kind":"hvm"}',
      says: 'is no guest: at name:',
    },
    { what: 'a sentence', content: 'hello', says: 'The text is no CPUID dump' },
    {
      what: 'an old stream',
      content: new Uint8Array(new Uint32Array([0x20000, 0, 8, 1, 0, 2, 0, 3, 0]).buffer),
      says: 'it is no text',
    },
  ])('$what is told', async ({ what, content, says }) => {
    const path = await folder.write(`none/${what}`, content)
    const { status, stderr, stdout } = await runCommand(['admit', path, ...hosts])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(says)
  })

  it('the guest comes first, then hosts', async () => {
    const { status, stderr } = await runCommand(['admit', hosts[0] ?? ''])
    expect(status).toBe(2)
    expect(stderr).toContain('Name the guest first, then the hosts')
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatHostSnapshot, parseHostSnapshot } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand, runJson } from '../command.testing.js'
import { importedOf, importing, namesOf } from './importing.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const pretty = (name: string) => readFileSync(join(fixtures, `hosts/${name}.json`), 'utf8')
const line = (name: string) => JSON.stringify(JSON.parse(pretty(name)))

describe('texts of many hosts', () => {
  const [a, b, c] = ['haswell-1', 'skylake-1', 'cascade-1']
  it.each([
    { what: 'one document', text: pretty(a), names: [a] },
    { what: 'one line', text: line(a), names: [a] },
    { what: 'one a line', text: `${line(a)}\n${line(b)}\n\n${line(c)}\n`, names: [a, b, c] },
    { what: 'lines that end as on Windows', text: `${line(a)}\r\n${line(b)}\r\n`, names: [a, b] },
    {
      what: 'documents behind each other',
      text: pretty(a) + pretty(b) + line(c),
      names: [a, b, c],
    },
    { what: 'an array', text: `[\n${pretty(a)},\n${line(b)}]\n`, names: [a, b] },
    { what: 'an array in one line', text: `[${line(a)},${line(b)}]`, names: [a, b] },
    {
      what: 'the answer of this verb',
      text: `{"format":"xenlevel/hosts","version":1,"hosts":[${line(a)}],"problems":[]}`,
      names: [a],
    },
  ])('$what', async ({ text, names }) => {
    const result = await importing(text)
    expect([result.status, result.stderr]).toEqual([0, ''])
    expect(namesOf(result)).toEqual(names)
  })

  it('gives back what it was given', async () => {
    const { stdout } = await runCommand(['host', 'import', '-'], { stdin: line(a) })
    expect(stdout).toBe(formatHostSnapshot(parseHostSnapshot(pretty(a))))
    const lines = await runCommand(['host', 'import', '-'], { stdin: pretty(a) + pretty(b) })
    expect(lines.stdout).toBe(`${line(a)}\n${line(b)}\n`)
  })

  it('a bad host among a thousand is told by file and line, and the rest goes on', async () => {
    const hosts = Array.from({ length: 1000 }, (_, at) =>
      line(a).replace('haswell-1', `host-${at}`),
    )
    hosts[416] = '{"format":"xenlevel/host-snapshot","version":1,"name":"bad'
    hosts[800] = '{"format":"xenlevel/host-snapshot","version":1,"name":"host-800"}'
    const path = await folder.write('thousand.ndjson', `${hosts.join('\n')}\n`)
    const result = await runJson(['level', path])
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(
      /thousand\.ndjson:417: The text stops being JSON at line 1, column \d+\./,
    )
    expect(result.stderr).toContain(
      'thousand.ndjson:801: The document is not a host snapshot: at cpu',
    )
    expect(result.stderr.trim().split('\n')).toHaveLength(2)
    expect(result.document).toMatchObject({ ok: false, level: { count: 998 } })
    expect(importedOf(result).problems.map(({ file, line: at, code }) => [file, at, code])).toEqual(
      [
        [path, 417, 'SNAPSHOT_INVALID'],
        [path, 801, 'SNAPSHOT_INVALID'],
      ],
    )
  })

  it('a bad first line does not swallow the others', async () => {
    const result = await importing(`${line(a).slice(0, 90)}\n${line(b)}\n${line(c)}\n`)
    expect(result.status).toBe(1)
    expect(namesOf(result)).toEqual([b, c])
    expect(importedOf(result).problems[0]).toMatchObject({ file: '-', line: 1 })
  })

  it('a bad host of an array is told with the line where it begins', async () => {
    const result = await importing(
      `[\n  ${line(a)},\n\n  { "name": "x",\n "features": 1 },\n${line(b)}\n]`,
    )
    expect(namesOf(result)).toEqual([a, b])
    expect(importedOf(result).problems[0]).toMatchObject({ line: 4, code: 'SNAPSHOT_INVALID' })
  })

  it('two hosts of one name are told apart, or told', async () => {
    const twice = await importing(`${line(a)}\n${line(a)}\n`)
    expect(twice.status).toBe(1)
    expect(importedOf(twice).problems[0]).toMatchObject({ line: 2, code: 'SAME_NAME' })
    expect((await runCommand(['level', '-'], { stdin: `${line(a)}\n${line(a)}\n` })).status).toBe(1)
  })
})

describe('files', () => {
  it('may be names, directories and patterns', async () => {
    const at = { cwd: fixtures }
    const all = [
      'broadwell-1',
      'cascade-1',
      'cascade-2',
      'haswell-1',
      'sapphire-1',
      'skylake-1',
      'skylake-2',
    ]
    expect(namesOf(await runJson(['host', 'import', 'hosts'], at))).toEqual(all)
    expect(namesOf(await runJson(['host', 'import', 'hosts/*.json'], at))).toEqual(all)
    expect(namesOf(await runJson(['host', 'import', 'h*ts/c?scade-[12].json'], at))).toEqual([
      'cascade-1',
      'cascade-2',
    ])
    expect(namesOf(await runJson(['host', 'import', 'hosts/cascade-[!1].json'], at))).toEqual([
      'cascade-2',
    ])
    expect(namesOf(await runJson(['host', 'import', './hosts/h*'], at))).toEqual(['haswell-1'])
  })

  it('that are not there, or nothing that is a host, are told and passed over', async () => {
    await folder.write('odd/empty', '')
    await folder.write('odd/image', 'LibxlFmt\0\0\0\x02')
    await folder.write('odd/microcode', new Uint8Array([1, 0, 0, 0, 9, 9]))
    await folder.write('odd/packed', new Uint8Array([0x1f, 0x8b, 8, 0, 0]))
    await folder.write('odd/words', 'hello\n')
    await folder.write('odd/level.json', '{"format":"xenlevel/pool-level"}')
    await folder.write('odd/array.json', '[1, "two"]')
    await folder.write('odd/.hidden', 'hidden')
    const result = await runJson(
      ['host', 'import', 'odd', 'none', 'no*ne', 'odd/', join(fixtures, 'hosts/haswell-1.json')],
      {
        cwd: folder.path,
      },
    )
    expect(result.status).toBe(1)
    expect(namesOf(result)).toEqual(['haswell-1'])
    const said = importedOf(result).problems.map(
      ({ file, code, message }) => `${file}: ${code} ${message}`,
    )
    expect(said.slice(0, 10).map((text) => text.slice(0, 90))).toEqual([
      expect.stringContaining('odd/array.json: SNAPSHOT_INVALID'),
      expect.stringContaining('odd/array.json: SNAPSHOT_INVALID'),
      'odd/empty: EMPTY it is empty.',
      expect.stringContaining('odd/image: NOT_A_HOST it is a domain image: "xenlevel image head"'),
      expect.stringContaining('odd/level.json: NOT_A_HOST'),
      expect.stringContaining('odd/microcode: NOT_A_HOST it is microcode'),
      expect.stringContaining('odd/packed: NOT_A_HOST it is compressed: unpack it first'),
      expect.stringContaining('odd/words: DUMP_SYNTAX The text is no CPUID dump'),
      expect.stringContaining('none: FILE_MISSING'),
      expect.stringContaining('no*ne: FILE_MISSING no file has a name like this'),
    ])
  })

  it('none at all cannot be done', async () => {
    const nothing = await runCommand(['level', 'none'], { cwd: folder.path })
    expect(nothing.status).toBe(2)
    expect(nothing.stderr).toContain('There is no host among the inputs.')
    const terminal = await runCommand(['level'])
    expect([terminal.status, terminal.stdout]).toEqual([2, ''])
    expect(terminal.stderr).toContain('Name files with hosts, or - to read standard input.')
  })
})

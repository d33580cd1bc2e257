import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatHostSnapshot, parseHostSnapshot } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { Folder, runCommand, runJson } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const pretty = (name: string) => readFileSync(join(fixtures, `hosts/${name}.json`), 'utf8')
const line = (name: string) => JSON.stringify(JSON.parse(pretty(name)))
const importing = async (stdin: string, ...argv: readonly string[]) =>
  await runJson(['host', 'import', ...argv, '-'], { stdin })

interface Imported {
  readonly hosts: readonly { readonly name: string; readonly [key: string]: unknown }[]
  readonly problems: readonly {
    readonly file: string
    readonly line: number | null
    readonly code: string
    readonly message: string
  }[]
}

const importedOf = ({ document }: { readonly document: unknown }): Imported =>
  JSON.parse(JSON.stringify(document))
const namesOf = (result: { readonly document: unknown }) =>
  importedOf(result).hosts.map(({ name }) => name)

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

const CPU_INFO = {
  cpu_count: '16',
  socket_count: '2',
  vendor: 'GenuineIntel',
  modelname: 'Intel(R) Xeon(R) CPU D-1548 @ 2.00GHz',
  family: '6',
  model: '86',
  stepping: '3',
  features_pv:
    '1fc9cbf5-f6f83203-2991cbf5-00000123-00000001-000c0b39-00000000-00000100-00001000-ac000c00',
  features_hvm:
    '1fcbfbff-f7fa3223-2d93fbff-00000523-00000001-001c0fbb-00000000-00000100-00101000-bc000c00',
  features_hvm_host:
    '1fcbfbff-f7fa3203-2c100800-00000121-00000001-001c0fab-00000000-00000000-00101000-bc000400',
  features_pv_host:
    '1fc9cbf5-f6d83203-28100800-00000121-00000001-000c0b29-00000000-00000000-00001000-ac000400',
}
const pairs = Object.entries(CPU_INFO)
  .map(([key, value]) => `${key}: ${value}`)
  .join('; ')

describe('what xapi says of a host', () => {
  const bare = ['--xen-release', '4.17.6', '--name', 'xcp-1']
  it.each([
    { what: 'cpu_info as JSON', text: JSON.stringify(CPU_INFO), argv: bare },
    {
      what: 'with numbers in it',
      text: JSON.stringify({ ...CPU_INFO, family: 6, model: 86, stepping: 3 }),
      argv: bare,
    },
    { what: 'as xe host-param-get prints it', text: `${pairs}\n`, argv: bare },
    {
      what: 'as xe host-cpu-info prints it',
      text: Object.entries(CPU_INFO)
        .map(([key, value]) => `${key.padStart(22)}: ${value}\n`)
        .join(''),
      argv: bare,
    },
    {
      what: 'in xe host-param-list',
      text: `uuid ( RO)            : 8ba7\n              name-label ( RW): xcp-1\n        name-description ( RW): Default\n            capabilities (SRO): hvm-3.0-x86_64\n                cpu_info (MRO): ${pairs}\n        software-version (MRO): product_version: 8.3.0; xen: 4.17.6; date: 2025\n`,
      argv: [],
    },
    {
      what: 'a record of xapi in JSON',
      text: JSON.stringify({
        uuid: '8ba7',
        name_label: 'xcp-1',
        cpu_info: CPU_INFO,
        software_version: { xen: '4.17.6' },
      }),
      argv: [],
    },
  ])('$what', async ({ text, argv }) => {
    const result = await importing(text, ...argv)
    expect([result.status, result.stderr]).toEqual([0, ''])
    expect(importedOf(result).hosts).toMatchObject([
      {
        name: 'xcp-1',
        cpu: { vendor: 'Intel', signature: '0x00050663', physAddrBits: 36 },
        xen: { release: '4.17.6', hvm: true },
        featuresets: {
          hvmDefault: CPU_INFO.features_hvm_host,
          hvmMax: CPU_INFO.features_hvm,
          pvDefault: CPU_INFO.features_pv_host,
          pvMax: CPU_INFO.features_pv,
        },
      },
    ])
  })

  it('several hosts of xe host-list', async () => {
    const one = (name: string) =>
      `uuid ( RO) : ${name}0\n name-label ( RW): ${name}\n cpu_info (MRO): ${pairs}\n software-version (MRO): xen: 4.17.6`
    const result = await importing(`${one('a')}\n\n\n${one('b')}\n`)
    expect(namesOf(result)).toEqual(['a', 'b'])
  })

  it('without a release is told what to give', async () => {
    const result = await runCommand(['host', 'import', '-'], { stdin: JSON.stringify(CPU_INFO) })
    expect(result.status).toBe(2)
    expect(result.stderr).toContain(
      'cpu_info does not say which Xen stdin runs: give --xen-release',
    )
  })
})

const DUMPS = [
  'opteron-6380.test',
  'core-i3-1220p.test',
  'core-i7-q720.test',
  'core-i7-3770k.test',
  'opteron-2378-dual.test',
  'core-i5-8265u.raw.txt',
  'ryzen-7-8845hs.raw.txt',
  'qemu64-rhel6.raw.txt',
  'icelake-y.txt',
  'icelake-d-hypervisor.txt',
  'zen-fenghuang-hypervisor.txt',
  'centaur-cns.txt',
  'cpuid-r.txt',
  'cpuid-1r.txt',
  'cpuid-r-excerpt.txt',
  'xen-cpuid-p-4.17.7-epyc.txt',
  'xen-cpuid-p-4.20.3-skylake.txt',
  'xen-cpuid-p-4.20.3-epyc.txt',
  'proc-cpuinfo.txt',
]

interface RecordedDump {
  readonly file: string
  readonly expect: {
    readonly featureset: string
    readonly signature: string
    readonly heterogeneousWords?: readonly number[]
    readonly incompleteWords: readonly number[]
    readonly warnings: readonly string[]
  }
}

describeRecorded(['hosts/raw/index.json', ...DUMPS.map((file) => `hosts/raw/${file}`)], () => {
  const { files } = readRecordedJson<{ readonly files: readonly RecordedDump[] }>(
    'hosts/raw/index.json',
  )

  it('are these', () => expect(files.map(({ file }) => file).sort()).toEqual([...DUMPS].sort()))

  it.each(files)('$file', async ({ file, expect: wanted }) => {
    const result = await importing(
      readRecorded(`hosts/raw/${file}`),
      '--xen-release',
      '4.17.7',
      '--name',
      'dumped',
    )
    expect([result.status, result.stderr]).toEqual([0, ''])
    const [host] = importedOf(result).hosts
    const snapshot = parseHostSnapshot(host)
    expect(snapshot.cpu.signature).toBe(Number(wanted.signature))
    expect([...snapshot.unknownWords]).toEqual(wanted.incompleteWords)
    const raw = snapshot.featuresets.raw?.toString('-', 19)
    const words = wanted.featureset.split('-')
    if (wanted.warnings.includes('syscall-hidden'))
      words[2] = (Number.parseInt(words[2] ?? '', 16) | 0x800).toString(16).padStart(8, '0')
    if (wanted.heterogeneousWords?.length === 0) expect(raw).toBe(words.join('-'))
    expect((await runCommand(['host', 'show', '-'], { stdin: JSON.stringify(host) })).status).toBe(
      0,
    )
  })
})

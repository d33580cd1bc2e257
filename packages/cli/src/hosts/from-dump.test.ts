/** Dumps of CPUs read as hosts: the recorded ones, each as it was recorded. */
import { parseHostSnapshot } from '@xenlevel/core'
import { expect, it } from 'vitest'
import { describeRecorded, readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { runCommand } from '../command.testing.js'
import { importedOf, importing } from './importing.testing.js'

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

/** iucode_tool itself, side by side: the same lists, the same choice, the same bytes. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { hex } from '../bytes.js'
import { CORPUS_MANIFEST, readCorpus } from '../corpus.testing.js'
import { buildEarlyCpio } from '../cpio-write.js'
import { changedUpdate, makeIntelUpdate } from '../intel/updates.testing.js'
import { encodeIntel, encodeIntelDat } from '../intel/write.js'
import { type IucodeOptions, type IucodeRun, runIucode } from './iucode.js'
import { describeIucode } from './iucode.testing.js'

const tool = process.env.XENLEVEL_IUCODE_TOOL ?? '/usr/sbin/iucode_tool'

/** The options that mean the same to the program. */
function argumentsOf({
  type = 'bin',
  strict = true,
  ignoreBroken = false,
}: IucodeOptions): string[] {
  return [
    { bin: '-tb', dat: '-td', recover: '-tr' }[type],
    ...(strict ? [] : ['--no-strict-checks']),
    ...(ignoreBroken ? ['--ignore-broken'] : []),
  ]
}

/** What it lists, in its own words. */
function listing(run: IucodeRun): string[] {
  const signature = (entry: { signature: number; platformMask: number }) =>
    `sig ${hex(entry.signature, 8)}, pf_mask ${hex(entry.platformMask, 2)}`
  const number = (index: number) => `001/${String(index).padStart(3, '0')}`
  const loaded = run.findings.every(({ path }) => path !== 'file')
  const dates = new Map(run.all.map((update) => [update.index, update]))
  return [
    ...run.all.flatMap((update) => {
      const revision = `${update.date}, rev ${hex(update.revision, 4)}`
      return [
        `${number(update.index)}: ${signature(update)}, ${revision}, size ${update.size}`,
        ...update.extended.map((entry) => `${signature(entry)}, ${revision}`),
      ]
    }),
    ...(run.exit === 0 && loaded ? ['selected microcodes:'] : []),
    ...run.selected.map((entry) => {
      const update = dates.get(entry.index)
      return `${number(entry.index)}: ${signature(entry)}, ${update?.date}, rev ${hex(entry.revision, 4)}, size ${update?.size}`
    }),
  ]
}

/** Files whose treatment depends on more than one rule, and that nobody recorded. */
function madeFiles(): Readonly<Record<string, Uint8Array>> {
  const one = makeIntelUpdate()
  const newer = makeIntelUpdate({ revision: 5, platformMask: 3 })
  const beside = makeIntelUpdate({ revision: 9, platformMask: 0x13 })
  const wider = makeIntelUpdate({ revision: 9, platformMask: 0xff })
  const tabled = makeIntelUpdate({
    revision: 7,
    table: [
      [0x0009_0672, 7],
      [0x000b_06f2, 7],
    ],
  })
  const preProduction = makeIntelUpdate({ revision: 0x8000_0003 })
  const other = makeIntelUpdate({ seed: 1 })
  const file = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
  return {
    'one update': one,
    'older and newer': file(one, newer),
    'newer first': file(newer, one),
    'sets that overlap': file(newer, beside, one),
    'a set that holds the others': file(one, newer, beside, wider),
    'the same twice': file(one, one),
    'the same revision with other data': file(one, other),
    'the same revision with other data, behind a table': file(tabled, one, other),
    'a table of signatures': file(tabled, one),
    'pre-production': file(preProduction, one),
    'no platform': file(makeIntelUpdate({ platformMask: 0 }), one),
    'no platform, newer': file(one, makeIntelUpdate({ platformMask: 0, revision: 8 })),
    'signature 0': file(one, makeIntelUpdate({ signature: 0 }), newer),
    'default sizes': makeIntelUpdate({ defaultSizes: true }),
    'disputed sizes': changedUpdate(makeIntelUpdate({ defaultSizes: true }), { totalSize: 4096 }),
    'garbage behind': file(one, new Uint8Array(100)),
    'a damaged one between': file(one, changedUpdate(one, { revision: 0 }), newer),
    'loader version 2': changedUpdate(one, { loaderVersion: 2 }),
    'junk before and between': file(new Uint8Array(7).fill(1), one, new Uint8Array(9), newer),
    'not a kibibyte': makeIntelUpdate({ dataSize: 1100 }),
    'wrong sums in a table': changedUpdate(tabled, { revision: 8 }),
  }
}

if (!existsSync(tool)) {
  test.skip('iucode_tool')
} else {
  describe('beside iucode_tool', () => {
    let folder = ''
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'xenlevel-iucode-'))
    })
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true })
    })

    /** Runs it over one file, with what else it shall do. */
    const run = (
      bytes: Uint8Array | string,
      options: IucodeOptions,
      ...more: readonly string[]
    ) => {
      const file = join(folder, 'input')
      writeFileSync(file, bytes)
      const { status, stdout, stderr } = spawnSync(
        tool,
        ['-q', ...argumentsOf(options), '-L', '-l', ...more, file],
        { encoding: 'utf8' },
      )
      const lines = (text: string) => text.split('\n').filter((line) => line !== '')
      return {
        status,
        listing: lines(stdout).map((line) => line.trim()),
        complaints: lines(stderr).map((line) =>
          line.replace(`${tool}: `, '').replace(file, '<file>'),
        ),
      }
    }

    /** Its complaints in our words: colons behind the file's name, and its last word when it gives up, are left out. */
    const complaints = (lines: readonly string[]) =>
      lines
        .filter((line) => line !== 'aborting microcode processing...')
        .map((line) =>
          line.replace('<file>:', '<file>').replace(/^warning: (microcode \S+) /, '$1: '),
        )
        .map((line) => line.replace(/^Internal error/, 'microcode 001/002: Internal error'))

    const check = (bytes: Uint8Array | string, options: IucodeOptions) => {
      const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
      const ours = runIucode(content, options)
      expect(ours.gaveUp).toBe(false)
      if (ours.runaway) return ours
      const theirs = run(bytes, options)
      expect([ours.exit, listing(ours)]).toEqual([theirs.status, theirs.listing])
      expect(describeIucode(ours)).toEqual(complaints(theirs.complaints))
      return ours
    }

    const written = (
      bytes: Uint8Array | string,
      options: IucodeOptions,
      ...how: readonly string[]
    ) => {
      const target = join(folder, 'output')
      rmSync(target, { force: true })
      run(bytes, options, ...how.map((word) => word.replace('TARGET', target)))
      return existsSync(target) ? new Uint8Array(readFileSync(target)) : null
    }

    const checkWritten = (bytes: Uint8Array, { written: parts }: IucodeRun) => {
      const file = new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))
      const theirs = written(bytes, {}, '--write-to=TARGET')
      expect(Buffer.compare(file, theirs ?? new Uint8Array(0))).toBe(0)
      if (file.length === 0) return
      const early = written(bytes, {}, '--write-earlyfw=TARGET')
      expect(Buffer.compare(buildEarlyCpio({ intel: file }), early ?? file)).toBe(0)
      const mini = written(bytes, {}, '--mini-earlyfw', '--write-earlyfw=TARGET')
      expect(Buffer.compare(buildEarlyCpio({ intel: file, form: 'mini' }), mini ?? file)).toBe(0)
    }

    it.each(Object.entries(madeFiles()))('%s', (_, bytes) => {
      for (const type of ['bin', 'recover'] as const)
        for (const strict of [true, false])
          for (const ignoreBroken of [false, true]) check(bytes, { type, strict, ignoreBroken })
      checkWritten(bytes, runIucode(bytes))
    })

    it.each([
      ['as it is written', encodeIntelDat([makeIntelUpdate(), makeIntelUpdate({ revision: 2 })])],
      ['without newlines at its end', encodeIntelDat([makeIntelUpdate()]).trimEnd()],
      ['octal, decimal, signs', `${'+1,0X1,010,-0,7 ,\n'.repeat(60)}`],
      ['no number', `${'1,2,3,4,\n'.repeat(300)}zero\n`],
      ['no comma', `${'1,2,3,4,\n'.repeat(300)}1 2\n`],
      ['a comment right behind a number', `${'1,2,3,4,\n'.repeat(300)}1/2\n`],
      ['a comment behind a blank', `1 / one\n${'1,2,3,4, // all\n'.repeat(300)}`],
      ['too few words', '1,2,3,4,\n'],
      ['comments alone', '/ nothing\n'],
      ['33 bits', `${'1,2,3,4,\n'.repeat(300)}0x100000000,\n`],
      ['a long line', `${'1,'.repeat(1100)}\n`],
      ['a long last line', `${'1,2,3,4,\n'.repeat(300)}${'1,'.repeat(1023)}`],
      ['a NUL', `${'1,2,3,4,\n'.repeat(300)}\0\n`],
      ['a NUL in a last line', `${'1,2,3,4,\n'.repeat(300)}5,\0 6`],
      ['0x without digits', `${'1,2,3,4,\n'.repeat(300)}0x,\n`],
    ])('text: %s', (_, text) => {
      check(text, { type: 'dat' })
      check(text, { type: 'dat', ignoreBroken: true })
    })

    describeRecorded(['microcode/vectors/intel-files.json', CORPUS_MANIFEST], () => {
      const files = readRecordedJson<{ path: string }[]>('microcode/vectors/intel-files.json')

      it('lists, chooses and writes the same for all recorded files joined', () => {
        const updates = files.flatMap(({ path }) => {
          const bytes = readCorpus(path)
          return runIucode(bytes).exit === 0 ? [bytes] : []
        })
        const joined = new Uint8Array(Buffer.concat(updates))
        expect(updates).toHaveLength(270)
        const ours = check(joined, { ignoreBroken: true })
        expect(ours.selected.length).toBeGreaterThan(200)
        const loose = { strict: false, ignoreBroken: true }
        check(joined, loose)
        const target = written(joined, loose, '--write-to=TARGET')
        const { written: parts } = runIucode(joined, loose)
        const file = encodeIntel(parts)
        expect(Buffer.compare(file, target ?? file.subarray(1))).toBe(0)
        const early = written(joined, loose, '--write-earlyfw=TARGET')
        expect(Buffer.compare(buildEarlyCpio({ intel: file }), early ?? file)).toBe(0)
      })
    })
  })
}

/** The real header of Xen 4.17.7, as Debian's libxen-dev has it, with the edits that its own script was tried with. */
import { readFileSync } from 'node:fs'
import { expect, it, test } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { XenlevelError } from '../errors.js'
import { Featureset } from '../featureset.js'
import { hexWord } from '../words.js'
import { flattenFeatures } from './flatten.js'
import { parseFeatureHeader } from './header.js'
import { featureDependencies } from './releases.js'
import type { FeatureMask, FeatureTable } from './table.js'
import { featureTable } from './tables.js'

interface HeaderCase {
  name: string
  edits: { find: string; replace: string }[]
  rc: number
  special?: string
  fail?: string | null
  nrEntries?: number
  nrNames?: number
  masks?: Record<string, string[]>
  deep?: Record<string, string[]>
}

const MASKS: Readonly<Record<string, FeatureMask>> = {
  known: 'known',
  special: 'special',
  pvDef: 'pvDefault',
  pvMax: 'pvMax',
  hvmShadowDef: 'hvmShadowDefault',
  hvmShadowMax: 'hvmShadowMax',
  hvmHapDef: 'hvmHapDefault',
  hvmHapMax: 'hvmHapMax',
}

const release = '4.17.7'
const path = process.env.XENLEVEL_XEN_HEADER

const flatten = (text: string): FeatureTable<string> =>
  flattenFeatures(parseFeatureHeader(text, { release }), featureDependencies(release), release)
const words = (set: Featureset) => set.words.map((word) => `0x${hexWord(word)}`)

function edited(base: string, { edits, special }: HeaderCase): string {
  if (special === 'only-words') {
    return base
      .split('\n')
      .filter((line) => !line.startsWith('XEN_CPUFEATURE('))
      .join('\n')
  }
  // Function replacements, because `$` and `&` mean nothing here.
  return edits.reduce((text, { find, replace }) => text.replace(find, () => replace), base)
}

const recorded = 'policy/vectors/header-parser-4.17.json'
if (path === undefined || path === '') {
  test.skip('the header of Debian’s libxen-dev')
} else {
  describeRecorded(recorded, () => {
    const base = readFileSync(path, 'utf8')
    const { cases } = readRecordedJson<{ cases: HeaderCase[] }>(recorded)

    it('unedited, is the table of 4.17.7', () => {
      const table = flatten(base)
      expect(table.words).toEqual(featureTable(release).words)
      expect(table.features).toEqual(featureTable(release).features)
      expect(words(table.mask('hvmHapMax'))).toEqual(words(featureTable(release).mask('hvmHapMax')))
    })

    it.each(cases)('$name', (one) => {
      const text = edited(base, one)
      for (const { find } of one.edits) expect(base).toContain(find)
      if (one.rc !== 0) {
        expect(() => flatten(text)).toThrow(XenlevelError)
        if (typeof one.fail === 'string') {
          expect(() => flatten(text)).toThrow(expect.objectContaining({ reason: one.fail }))
        }
        return
      }
      const table = flatten(text)
      expect(table.words).toHaveLength(one.nrEntries ?? 0)
      expect(table.features).toHaveLength(one.nrNames ?? 0)
      for (const [name, mask] of Object.entries(MASKS)) {
        expect(words(table.mask(mask)), name).toEqual(one.masks?.[name])
      }
      const all = Featureset.fromWords(table.words.map(() => 0xffff_ffff))
      const deep = Object.entries(one.deep ?? {})
      expect(deep.length).toBeGreaterThan(20)
      for (const [name, closure] of deep) {
        const bit = /^\d+$/.test(name) ? Number(name) : (table.feature(name)?.bit ?? -1)
        const without = all.andNot(Featureset.fromBigInt(1n << BigInt(bit)))
        expect(words(without.andNot(table.clearDependents(without))), name).toEqual(closure)
      }
    })
  })
}

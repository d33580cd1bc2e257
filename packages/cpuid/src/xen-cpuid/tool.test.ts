import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { flattenFeatures } from '../features/flatten.js'
import { featureTable } from '../features/tables.js'
import { xenCpuidTool } from './tool.js'

interface Table {
  release: string
  valToName: [bit: number, name: string | null][]
}

/** Every change of the names that Xen's script has made for the tool since it does. */
const TABLES = ['RELEASE-4.19.0', 'RELEASE-4.20.4', 'RELEASE-4.21.2', 'RELEASE-4.22.0', 'HEAD']

describe.each(TABLES)('%s', (file) => {
  const path = `policy/tables/${file}.json`
  describeRecorded(path, () => {
    it('has these names for its bits', () => {
      const { valToName } = readRecordedJson<Table>(path)
      const release = file === 'HEAD' ? '4.23-dev' : file.replace('RELEASE-', '')
      const { words } = xenCpuidTool(featureTable(release))
      const named = words.flatMap(({ names }, word) =>
        names.flatMap((name, bit) => (name === undefined ? [] : [[word * 32 + bit, name]])),
      )
      // The last bit is there without a name, to give the C array its length.
      const recorded = valToName.filter(([, name]) => name !== null)
      expect(Object.fromEntries(named)).toEqual(Object.fromEntries(recorded))
    })
  })
})

it('shows a word without a register as the tool would', () => {
  const table = flattenFeatures(
    { words: [{ index: 0, source: null }], features: [['FPU', 0, '']] },
    {},
    '4.23-dev',
  )
  expect(xenCpuidTool(table).words.map(({ title, abbreviation }) => [title, abbreviation])).toEqual(
    [['<UNKNOWN>', '???']],
  )
})

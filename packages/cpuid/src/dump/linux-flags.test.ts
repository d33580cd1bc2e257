import { expect, it } from 'vitest'
import { featureTable } from '../features/tables.js'
import { featureOfLinuxFlag, linuxFlags } from './linux-flags.js'

const VENDORS = ['Intel', 'AMD', 'Centaur', 'Shanghai', 'Hygon'] as const

it.each(VENDORS)('no two flags stand for one feature of %s', (vendor) => {
  const features = Object.keys(linuxFlags).flatMap((flag) => featureOfLinuxFlag(flag, vendor) ?? [])
  expect(new Set(features).size).toBe(features.length)
  for (const name of features) expect(featureTable().feature(name)?.name).toBe(name)
})

it.each([
  ['pni', undefined, 'SSE3'],
  ['sha_ni', undefined, 'SHA'],
  ['3dnowprefetch', 'AMD', '3DNOWPREFETCH'],
  ['ibrs', 'Intel', 'IBRSB'],
  ['ibrs', 'AMD', 'IBRS'],
  ['ibrs', undefined, undefined],
  ['ibpb', 'Intel', undefined],
  ['ssbd', 'AMD', undefined],
  ['ibrs_enhanced', 'Hygon', 'AUTO_IBRS'],
  ['arch_perfmon', 'Intel', undefined],
  ['rep_good', 'Intel', undefined],
  ['toString', 'Intel', undefined],
  ['PNI', undefined, undefined],
] as const)('%s of %s is %s', (flag, vendor, feature) => {
  expect(featureOfLinuxFlag(flag, vendor)).toBe(feature)
})

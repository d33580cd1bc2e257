import { describe, expect, it } from 'vitest'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

describe('the JSON form', () => {
  const leaf = {
    leaf: '0x0',
    subleaf: 0,
    eax: 1,
    ebx: '0x756e6547',
    ecx: '0x6c65746e',
    edx: '0x49656e69',
  }

  it('reads one CPU or several', () => {
    expect(readCpuDump(JSON.stringify({ leaves: [leaf] })).cpus).toEqual([
      {
        id: 0,
        leaves: [{ leaf: 0, subleaf: 0, a: 1, b: 0x756e6547, c: 0x6c65746e, d: 0x49656e69 }],
        msrs: [],
      },
    ])
    const { cpus } = readCpuDump(
      JSON.stringify({
        cpus: [
          { leaves: [leaf], msrs: { '0x10a': '0xffffffffffffffff' } },
          { id: 7, leaves: [leaf] },
        ],
      }),
    )
    expect(cpus.map(({ id, msrs }) => [id, msrs])).toEqual([
      [0, [{ index: 0x10a, flags: 0, value: 0xffff_ffff_ffff_ffffn }]],
      [7, []],
    ])
  })

  it.each([
    ['{"leaves": [}', 'line 1, column 13', 'stops being JSON at line 1, column 13'],
    ['{}', 'leaves', 'a list'],
    ['{"cpus": []}', 'cpus', 'at least one CPU'],
    ['{"cpus": [3]}', 'cpus[0]', 'an object'],
    [
      JSON.stringify({ leaves: [{ ...leaf, ebx: 'GenuineIntel' }] }),
      'leaves[0].ebx',
      'a whole number',
    ],
    [JSON.stringify({ leaves: [{ ...leaf, ecx: undefined }] }), 'leaves[0].ecx', 'found nothing'],
    [JSON.stringify({ leaves: [{ ...leaf, eax: -1 }] }), 'leaves[0].eax', '0xffffffff'],
    [
      JSON.stringify({ leaves: [leaf], msrs: { abc: 1 } }),
      'msrs["abc"] (its number)',
      'a whole number',
    ],
  ])('refuses %s at %s', (text, path, part) => {
    const attempt = () => readCpuDump(text)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ path }))
    expect(attempt).toThrow(part)
  })
})

import { describe, expect, it } from 'vitest'
import { rawFeatureset } from './featureset.js'
import { readCpuDump } from './read.js'
import { DumpSyntaxError } from './types.js'

const leaf0 = '   0x00000000 0x00: eax=0x0000000d ebx=0x68747541 ecx=0x444d4163 edx=0x69746e65'
const leaf1 = '   0x00000001 0x00: eax=0x00b00f21 ebx=0x00020800 ecx=0x7ffa3203 edx=0x178bfbff'
const xsave1 = '   0x0000000d 0x01: eax=0x0000000f ebx=0x000009a8 ecx=0x00001800 edx=0x00000000'

describe('the output of cpuid -r', () => {
  it('is read CPU by CPU', () => {
    const dump = readCpuDump(
      `CPU 0:\n${leaf0}\n${leaf1}\n${xsave1}\nCPU 3:\r\n${leaf0}\r\n${leaf1}\r\n`,
    )
    expect(dump.format).toBe('cpuid-r')
    expect(dump.cpus.map(({ id, leaves, msrs }) => [id, leaves.length, msrs])).toEqual([
      [0, 3, []],
      [3, 2, []],
    ])
    expect(dump.cpus[0]?.leaves[2]).toEqual({
      leaf: 0xd,
      subleaf: 1,
      a: 0xf,
      b: 0x9a8,
      c: 0x1800,
      d: 0,
    })
    const [first] = dump.cpus
    expect(first === undefined ? 0 : rawFeatureset(first).featureset.words[4]).toBe(0xf)
  })

  it('does not know what a text that was cut short does not show', () => {
    const dump = readCpuDump(`${leaf0}\n${leaf1}\n`)
    const [first] = dump.cpus
    expect(first === undefined ? [] : rawFeatureset(first).unknownWords).toEqual([
      4, 5, 6, 9, 10, 12, 13, 14, 15, 16, 17,
    ])
    expect(dump.warnings.map(({ code }) => code)).toEqual(['partial'])
  })

  it.each([
    ['with -1', `CPU:\n${leaf0}\n`],
    ['without a heading', `${leaf0}\n`],
    ['with a prompt before it', `root@host:~# cpuid -1 -r\nCPU:\n${leaf0}\nroot@host:~#`],
  ])('has CPU 0 %s', (_, text) => {
    expect(readCpuDump(text).cpus.map(({ id, leaves }) => [id, leaves.length])).toEqual([[0, 1]])
  })

  it('counts repeated leaves where the text has no sub-leaves', () => {
    const old = (leaf: string) =>
      `   0x${leaf}: eax=0x00000001 ebx=0x00000002 ecx=0x00000003 edx=0x00000004\n`
    const dump = readCpuDump(`CPU 0:\n${old('00000004')}${old('00000004')}${old('80000000')}`)
    expect(dump.cpus[0]?.leaves.map(({ leaf, subleaf }) => [leaf, subleaf])).toEqual([
      [4, 0],
      [4, 1],
      [0x8000_0000, 0],
    ])
    expect(dump.warnings.map(({ code }) => code)).toContain('no-subleaf-marks')
  })

  it.each([
    [`CPU 0:\n${leaf0}\n${leaf1.slice(0, 60)}`, 87, 'line 3', 'is damaged: "   0x00000001'],
    [`CPU 0:\n${leaf0}\n   0`, 87, 'line 3', 'Expected the form "0x00000000 0x00: eax='],
    [`CPU 0:\n${leaf0}\n${leaf1.replace('ecx', 'exx')}\n`, 87, 'line 3', 'is damaged'],
    [`CPU 0:\n${leaf0}1\n`, 7, 'line 2', 'is damaged'],
    [`CPU 0\n${leaf0}\n`, 0, 'line 1', 'Expected the heading "CPU 0:" or "CPU:"'],
    [`CPU 0:\n${leaf0}\nCPU 0:\n${leaf0}\n`, 87, 'line 3', 'begins CPU 0 a second time'],
  ])('refuses %j', (text, offset, path, part) => {
    const attempt = () => readCpuDump(text)
    expect(attempt).toThrow(DumpSyntaxError)
    expect(attempt).toThrow(expect.objectContaining({ offset, path }))
    expect(attempt).toThrow(part)
  })
})

/** What xapi says of a host, in every form in which it does. */
import { describe, expect, it } from 'vitest'
import { runCommand } from '../command.testing.js'
import { importedOf, importing, namesOf } from './importing.testing.js'

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

/** Machines with more CPUs than the recorded ones, some of them offline. */
import { expect, it } from 'vitest'
import { bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { FakeLibc } from '../fake-libc.testing.js'
import { FakeXen } from '../fake-xen.testing.js'
import { abiFile, readHost } from '../recorded.testing.js'
import { openXen } from '../xen-open.js'

const OFFLINE = {
  online: false,
  vendor: 'Unknown',
  signature: 0,
  platformId: null,
  microcodeRevision: null,
}

describeRecorded([bootFile('4.20.3-Skylake-Server'), abiFile('4.20.3')], () => {
  /** CPU 0 as recorded, and rows for others. */
  const openWith = (
    more: Readonly<Record<number, { vendor: string; model: number }>>,
    last: number,
  ) => {
    const recorded = readHost('4.20.3-Skylake-Server')
    const [boot] = recorded.host.hypercalls.cpu_version
    if (boot === undefined) throw new Error('no CPU was recorded')
    recorded.host.hypercalls.cpu_version = [
      { ...boot, max_present: last },
      ...Object.entries(more).map(([cpu, row]) => ({
        ...boot,
        ...row,
        cpu: Number(cpu),
        max_present: last,
      })),
    ]
    return openXen({ libc: new FakeLibc(new FakeXen(recorded)) })
  }
  const boot = {
    id: 0,
    online: true,
    vendor: 'Intel',
    signature: 0x50654,
    platformId: 0,
    microcodeRevision: 1,
  }

  it('every number up to the highest is told, offline ones too', () => {
    expect(openWith({}, 2).cpus()).toEqual([boot, { id: 1, ...OFFLINE }, { id: 2, ...OFFLINE }])
  })

  it('a CPU that goes offline while it is asked is online without microcode', () => {
    const row = { vendor: 'AuthenticAMD', model: 0x55 }
    expect(openWith({ 1: row }, 1).cpus()).toEqual([
      boot,
      { ...boot, id: 1, vendor: 'AMD', platformId: null, microcodeRevision: null },
    ])
  })

  it('numbers that no Xen can have are refused', () => {
    expect(openWith({}, 16383).cpus().length).toBe(16384)
    expect(() => openWith({}, 16384).cpus()).toThrow(/EPROTO.*CPU numbered 16384/)
    expect(() => openWith({ 1: { vendor: 'GenuineIntel', model: 0x1ff } }, 1).cpus()).toThrow(
      /EPROTO.*model 511/,
    )
  })
})

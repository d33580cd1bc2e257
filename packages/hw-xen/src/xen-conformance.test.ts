/** The conformance suite on the binding, over every recorded Xen. */
import type { Hypervisor } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../fixtures/boots.js'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { runConformance } from './conformance.js'
import { FakeLibc } from './fake-libc.testing.js'
import { FakeXen } from './fake-xen.testing.js'
import { abiFile, readHost } from './recorded.testing.js'
import { openXen } from './xen-open.js'

describe.each(BOOTS)('%s', (boot) => {
  const release = boot.startsWith('4.17-debian') ? '4.17.7' : boot.slice(0, boot.indexOf('-'))
  describeRecorded([bootFile(boot), abiFile(release)], () => {
    it('keeps the contract', async () => {
      const recorded = readHost(boot)
      const libcs = new Map<Hypervisor, FakeLibc>()
      const make = () => {
        const libc = new FakeLibc(new FakeXen(recorded))
        const xen = openXen({ libc })
        libcs.set(xen, libc)
        return xen
      }
      const calls = (xen: Hypervisor) => libcs.get(xen)?.calls.length ?? 0
      const report = await runConformance(make, { calls })
      expect(report.failed.map(({ name, error }) => [name, error.message])).toEqual([])
      for (const libc of libcs.values()) {
        expect(libc.held()).toEqual({ files: 0, mappings: 0 })
        expect(libc.untouched()).toBe(true)
      }
      expect(report.passed).toBeGreaterThan(20)
    })
  })
})

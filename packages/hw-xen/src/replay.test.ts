/** What a replay answers beyond the recording: nothing. The recorded answers themselves are asked in simulated/recorded.test.ts. */
import {
  formatHostSnapshot,
  HypercallError,
  HypervisorClosedError,
  HypervisorLacksError,
} from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../fixtures/boots.js'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { leafOfText, msrOfText, RecordingError } from './replay/recording.js'
import { RecordedXen } from './replay.js'
import { recordingOf, UPDATES } from './simulated/recordings.testing.js'
import { SimulatedXen } from './simulated.js'

describe('texts of a recording', () => {
  it.each([
    '',
    'x',
    '00000007',
    '00000007:00000000 -> 1:2:3',
    '7:0 -> 1:2:3:4g',
    '7:0 -> 1:2:3:123456789',
  ])('%j is no leaf', (text) => expect(() => leafOfText(text)).toThrow(RecordingError))

  it.each(['', '000000ce', '000000ce -> ', '000000ce -> 0x1', 'xy -> 1'])('%j is no MSR', (text) =>
    expect(() => msrOfText(text)).toThrow(RecordingError),
  )

  it('others are', () => {
    expect(leafOfText('00000007:ffffffff -> 1:2:3:ffffffff')).toEqual({
      ...{ leaf: 7, subleaf: null, a: 1, b: 2, c: 3, d: 0xffff_ffff },
    })
    expect(msrOfText('0000010a -> ffffffffffffffff').value).toBe(0xffff_ffff_ffff_ffffn)
  })
})

describe.each(BOOTS)('%s', (boot) => {
  describeRecorded(bootFile(boot), () => {
    const recording = recordingOf(boot)

    it('answers nothing that was not asked', async () => {
      const xen = new RecordedXen(recording)
      const domid = xen.createDomain({ kind: 'pv' })
      const lacking = (call: () => unknown) => expect(call).toThrow(HypervisorLacksError)
      lacking(() => xen.createDomain({ kind: 'pv', nestedVirt: true }))
      lacking(() => xen.setDomainPolicy(0, {}))
      lacking(() => xen.setDomainPolicy(domid, {}))
      lacking(() => xen.setDomainPolicy(domid, { msrs: [{ index: 0x10a, flags: 0, value: 1n }] }))
      const file = new Uint8Array(4096).fill(7)
      await expect(xen.updateMicrocode(file)).rejects.toThrow(HypervisorLacksError)
      const two = Uint8Array.from([...(UPDATES.match_newer ?? []), ...(UPDATES.match_newer ?? [])])
      await expect(xen.updateMicrocode(two)).rejects.toThrow(HypervisorLacksError)
      expect(() => xen.domainPolicy(domid + 1)).toThrow(HypercallError)
    })

    it('has a simulated twin that says of itself what the host said', () => {
      const snapshot = new RecordedXen(recording).snapshot({ name: boot })
      const twin = SimulatedXen.like(snapshot).snapshot()
      const { notes } = snapshot
      const text = (one: typeof snapshot) => formatHostSnapshot({ ...one, notes })
      expect(text(twin)).toBe(text(snapshot))
      const none = { ...snapshot, policies: undefined }
      expect(() => SimulatedXen.like(none)).toThrow('has no raw policy')
      expect(() => SimulatedXen.like({ ...snapshot, xen: null })).toThrow('has no Xen')
    })

    it('is closed when it is closed, and each is a host of its own', async () => {
      const [one, other] = [new RecordedXen(recording), new RecordedXen(recording)]
      const domid = one.createDomain({ kind: 'pv' })
      expect(() => other.domainPolicy(domid)).toThrow('ESRCH')
      one.close()
      one.close()
      expect(() => one.version()).toThrow(HypervisorClosedError)
      await expect(one.updateMicrocode(new Uint8Array())).rejects.toThrow(HypervisorClosedError)
      expect(other.snapshot({ name: 'x' })).toMatchObject({
        name: 'x',
        xen: { release: recording.xen },
      })
    })
  })
})

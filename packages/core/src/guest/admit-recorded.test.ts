/** What real Xen did with guests that arrived, foreseen. */
import { decodeLeaves, decodeMsrs, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { leafOf, leafText } from '../policy/recorded.testing.js'
import { initDomainPolicy, setDomainPolicy } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import { admitGuest } from './admit.js'
import { policyOfFile, recordedHost, recordsOfListing } from './recorded.testing.js'

interface Restore {
  readonly guestFrom: string
  readonly kind: 'pv' | 'pvh'
  readonly stream: string
  readonly restoredOn: string
  readonly rc: number
  readonly policyIdentical: boolean | null
  readonly differences: readonly string[]
  readonly errors: readonly string[]
}

const streamOf = ({ stream }: Restore) => `xen/streams/${stream.replace('.save.gz', '.txt')}`

/** What a difference takes away: leaves before and after. */
function lostIn(difference: string): string[] {
  const [place = '', , stream = '', , domain = ''] = difference.split(' ')
  const policyOf = (registers: string) =>
    CpuPolicy.fromRecords([leafOf(`${place}:${registers}`)]).featureset
  return policyOf(stream).andNot(policyOf(domain)).names()
}

describeRecorded('xen/restores.json', () => {
  const { restores } = readRecordedJson<{ restores: Restore[] }>('xen/restores.json')

  it('has eleven restores', () => expect(restores).toHaveLength(11))

  describe.each(restores)('$kind guest of $guestFrom on $restoredOn', (restore) => {
    describeRecorded(
      [streamOf(restore), `xen/hosts/4.17-debian-${restore.restoredOn}.json`],
      () => {
        const records = recordsOfListing(streamOf(restore))
        const host = recordedHost(`4.17-debian-${restore.restoredOn}`)
        const { kind } = restore
        const admission = admitGuest({ kind, records }, host)

        it('is refused where xl failed, and only there', () => {
          const refused = admission.reasons.some(({ grade }) => grade === 'refused')
          expect(refused).toBe(restore.rc !== 0)
          const audited = /leaf 80000000/.test(restore.errors[0] ?? '')
          expect(admission.xen?.error?.leaf ?? null).toBe(audited ? 0x8000_0000 : null)
        })

        it('names every feature that was lost in silence', () => {
          if (restore.policyIdentical === null) return
          const lost = admission.reasons.filter(({ grade }) => grade === 'lost')
          expect(lost.map(({ feature }) => feature)).toEqual(
            restore.differences.flatMap(lostIn).sort(byBit),
          )
          expect(admission.admitted).toBe(restore.policyIdentical)
        })

        it('foresees the policy that the domain ended up with', () => {
          if (restore.policyIdentical === null) return
          const answer = setDomainPolicy(initDomainPolicy(host, { kind }).policy, records, host, {
            kind,
          })
          expect(answer.ok).toBe(true)
          if (!answer.ok) return
          const changed = answer.policy
            .toRecords()
            .leaves.map(leafText)
            .filter((text) => !records.leaves.map(leafText).includes(text))
          expect(changed).toEqual(
            restore.differences.map((difference) => difference.replace(/ stream .* domain /, ':')),
          )
        })
      },
    )
  })
})

function byBit(a: string, b: string): number {
  const bit = (name: string) => featureTable().feature(name)?.bit ?? 0
  return bit(a) - bit(b)
}

interface RecordedAdmission {
  readonly id: string
  readonly guest: string
  readonly host: string
  readonly xen_verdict: 'accept' | 'reject'
  readonly xen_error: string | null
  readonly features_lost: string | null
  readonly guest_featureset: string
  readonly recommended: 'accept' | 'reject'
}

/** The two policy records at the head of a plain libxc image: 24 and 16 bytes of headers, then type, length and body, padded to 8. */
function recordsOfImage(path: string) {
  const bytes = readRecordedBytes(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const bodies = new Map<number, Uint8Array>()
  for (let at = 40; at + 8 <= bytes.length; ) {
    const [type, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    if (!bodies.has(type)) bodies.set(type, bytes.subarray(at + 8, at + 8 + length))
    at += 8 + Math.ceil(length / 8) * 8
  }
  return {
    leaves: decodeLeaves(bodies.get(0x11) ?? new Uint8Array()),
    msrs: decodeMsrs(bodies.get(0x12) ?? new Uint8Array()),
    kind: view.getUint32(24, true) === 1 ? ('pv' as const) : ('hvm' as const),
  }
}

describeRecorded('streams/admission/manifest.json', () => {
  const cases = readRecordedJson<RecordedAdmission[]>('streams/admission/manifest.json')

  it('has 48 admissions', () => expect(cases).toHaveLength(48))

  it.each(cases)('$id', (recorded) => {
    const max = policyOfFile(`streams/${recorded.host}`)
    const host: HostPolicies = {
      release: '4.23-dev',
      ...{ raw: max, host: max, pvMax: max, pvDefault: max, hvmMax: max, hvmDefault: max },
    }
    const { kind, ...records } = recordsOfImage(`streams/${recorded.guest}`)
    const { admitted, xen, reasons } = admitGuest({ kind, records }, host)
    expect(xen?.compatible).toBe(recorded.xen_verdict === 'accept')
    const place = /leaf (\w+), subleaf (\w+), msr (\w+)/.exec(recorded.xen_error ?? '')
    const said = (text: string | undefined) =>
      text === undefined || text === 'ffffffff' ? null : Number.parseInt(text, 16)
    expect([
      xen?.error?.leaf ?? null,
      xen?.error?.subleaf ?? null,
      xen?.error?.msr ?? null,
    ]).toEqual([place?.[1], place?.[2], place?.[3]].map(said))
    if (recorded.xen_verdict === 'accept')
      expect(
        reasons.filter(({ grade }) => grade === 'lost').flatMap(({ bit }) => bit ?? []),
      ).toEqual(Featureset.parse(recorded.features_lost ?? '').bits())
    // Where the record says nothing is lost, Xen still drops what contradicts itself: named, and no reason to say no.
    if (recorded.xen_verdict === 'accept')
      expect(
        reasons.filter(({ code, grade }) => grade === 'degraded' && code !== 'contradiction'),
      ).toEqual([])
    expect(admitted).toBe(recorded.recommended === 'accept')
    expect(CpuPolicy.fromRecords(records.leaves, records.msrs).featureset.toString()).toBe(
      recorded.guest_featureset,
    )
  })
})

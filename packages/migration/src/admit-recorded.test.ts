/** Recorded images before recorded hosts. */
import { gunzipSync } from 'node:zlib'
import { PolicyRecordError } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../fixtures/recorded.js'
import { policyOfFile, recordedHost } from '../../core/src/guest/recorded.testing.js'
import { admitImage, type ImageAdmission } from './admit.js'
import { type ImageHead, readHead } from './head.js'
import { imageBytes, readAll } from './images.testing.js'
import { hostWith } from './verify/receiver.testing.js'

interface RecordedAdmission {
  readonly id: string
  readonly guest: string
  readonly host: string
  readonly xen_verdict: 'accept' | 'reject'
  readonly xen_error: string | null
  readonly features_lost: string | null
  readonly guest_featureset: string
  readonly recommended: 'accept' | 'reject'
  readonly head_end: number
}

describeRecorded('streams/admission/manifest.json', () => {
  const cases = readRecordedJson<RecordedAdmission[]>('streams/admission/manifest.json')

  it('has 48 admissions', () => expect(cases).toHaveLength(48))

  it.each(cases)('$id', async (recorded) => {
    const head = await readHead(imageBytes(recorded.guest))
    expect(head.headEnd).toBe(recorded.head_end)
    expect(head.cpuPolicy?.featureset.toString()).toBe(recorded.guest_featureset)
    const host = hostWith(policyOfFile(`streams/${recorded.host}`))
    const { admitted, xen, reasons, findings, invented } = admitImage(head, host)
    expect(admitted).toBe(recorded.recommended === 'accept')
    expect(xen?.compatible).toBe(recorded.xen_verdict === 'accept')
    const place = /leaf (\w+), subleaf (\w+), msr (\w+)/.exec(recorded.xen_error ?? '')
    const said = (text: string | undefined) =>
      text === undefined || text === 'ffffffff' ? null : Number.parseInt(text, 16)
    const { leaf = null, subleaf = null, msr = null } = xen?.error ?? {}
    expect([leaf, subleaf, msr]).toEqual([place?.[1], place?.[2], place?.[3]].map(said))
    const lost = reasons.flatMap((reason) =>
      reason.grade === 'lost' && 'bit' in reason ? [reason.bit] : [],
    )
    if (recorded.xen_verdict === 'accept')
      expect(lost).toEqual(Featureset.parse(recorded.features_lost ?? '').bits())
    expect([findings, invented]).toEqual([[], null])
  })
})

/** The head of a well-formed image. */
const headOf = (id: string): Promise<ImageHead> => readHead(imageBytes(`valid/${id}.img`))

describeRecorded(['streams/valid/manifest.json', 'streams/admission/manifest.json'], () => {
  const intel = policyOfFile('streams/admission/host-intel.pol')
  const codes = (found: readonly { readonly code: string }[]) => found.map(({ code }) => code)

  describe('the receiving release', () => {
    // Sub-leaf 2 of leaf 7 came with 4.17.0, 4.16.1, 4.15.3 and 4.14.5, a second MSR with 4.14.1, version 3 of the stream with 4.14.0.
    const TAKEN = [
      { release: '4.13.5', refused: ['ERANGE 7:2', 'stream-version'] },
      { release: '4.14.0', refused: ['ERANGE 7:2', 'E2BIG', 'ERANGE 10a'] },
      { release: '4.14.6', refused: [] },
      { release: '4.15.0', refused: ['ERANGE 7:2'] },
      { release: '4.22.0', refused: [] },
    ]
    const named = (reason: ImageAdmission['reasons'][number]) =>
      'errno' in reason
        ? [
            reason.errno,
            ...(reason.leaf === undefined ? [] : [`${reason.leaf}:${reason.subleaf}`]),
            ...(reason.msr === undefined ? [] : [reason.msr.toString(16)]),
          ].join(' ')
        : reason.code

    it.each(TAKEN)(
      '$release refuses in a stream of today: $refused',
      async ({ release, refused }) => {
        const { admitted, reasons } = admitImage(
          await headOf('libxc-v3-hvm'),
          hostWith(intel, release),
        )
        expect(reasons.filter(({ grade }) => grade === 'refused').map(named)).toEqual(refused)
        expect(admitted).toBe(refused.length === 0)
      },
    )

    it('120 leaves are too many for 4.15.0', async () => {
      const head = await headOf('libxc-v3-hvm-120-leaves')
      const { admitted, reasons } = admitImage(head, hostWith(intel, '4.15.0'))
      expect(admitted).toBe(false)
      expect(reasons).toContainEqual(
        expect.objectContaining({ code: 'record-refused', errno: 'E2BIG' }),
      )
      const same = head.cpuPolicy ?? intel
      expect(admitImage(head, hostWith(same, '4.22.0')).admitted).toBe(true)
    })
  })

  describe('an image without a policy', () => {
    it('is not admitted, and it is said what would be invented', async () => {
      const head = await headOf('libxc-v2-hvm')
      const { admitted, reasons, findings, invented } = admitImage(head, hostWith(intel, '4.22.0'))
      expect([admitted, codes(reasons)]).toEqual([false, ['guest-unknown']])
      expect(codes(findings)).toEqual(['CPUID_POLICY_INVENTED', 'MSR_POLICY_INVENTED'])
      expect(findings[0]?.message).toContain('default HVM policy')
      expect(invented?.ok).toBe(true)
      expect(invented?.policy.vendor).toBe(intel.vendor)
    })

    it('is admitted for what is known otherwise', async () => {
      const head = await headOf('libxc-v2-hvm')
      const { featureset } = intel
      expect(admitImage(head, hostWith(intel), { featureset }).admitted).toBe(true)
      const xenopsd = await headOf('xenopsd-v2-hvm')
      const admission = admitImage(xenopsd, hostWith(intel))
      expect([admission.admitted, admission.judged]).toEqual([true, 'featureset'])
      expect(admission.findings[0]?.message).toContain("xenopsd's metadata")
      expect(admission.invented?.ok).toBe(true)
    })
  })

  it('a policy behind STATIC_DATA_END is never applied', async () => {
    const { vectors } = readRecordedJson<{
      vectors: { id: string; file: string }[]
    }>('streams/mutated/manifest.json')
    const late = vectors.find(({ id }) => id === 'msr-after-pages')
    const bytes = imageBytes(late?.file ?? '')
    const head = await readHead(bytes)
    const { events } = await readAll(bytes)
    const { admitted, reasons } = admitImage(head, hostWith(intel), { later: events })
    expect(admitted).toBe(false)
    expect(codes(reasons.filter(({ grade }) => grade !== 'cosmetic'))).toEqual([
      'stream-policy-ignored',
    ])
    expect(admitImage(head, hostWith(intel)).admitted).toBe(true)
    expect(head.missing).toEqual(['MSR'])
  })

  it('a leaf that no release keeps refuses, and does not throw', async () => {
    const head = await headOf('libxc-v3-hvm')
    const bytes = head.bytes.slice()
    // The number of the first leaf.
    bytes.set([0x77, 0x77], 48)
    const bad = await readHead(bytes)
    expect(bad.cpuPolicy).toBeNull()
    expect(bad.policyError).toBeInstanceOf(PolicyRecordError)
    expect(admitImage(bad, hostWith(intel)).reasons).toContainEqual(
      expect.objectContaining({ code: 'record-refused', errno: 'ERANGE', leaf: 0x7777 }),
    )
  })
})

interface Restore {
  readonly guestFrom: string
  readonly kind: 'pv' | 'pvh'
  readonly stream: string
  readonly restoredOn: string
  readonly rc: number
  readonly policyIdentical: boolean | null
}

describeRecorded('xen/restores.json', () => {
  const { restores } = readRecordedJson<{ restores: Restore[] }>('xen/restores.json')

  it('has eleven restores', () => expect(restores).toHaveLength(11))

  describe.each(restores)('$kind guest of $guestFrom on $restoredOn', (restore) => {
    const stream = `xen/streams/${restore.stream}`
    describeRecorded([stream, `xen/hosts/4.17-debian-${restore.restoredOn}.json`], () => {
      it('is admitted where xl restored it with the policy that it had', async () => {
        const head = await readHead(new Uint8Array(gunzipSync(readRecordedBytes(stream))))
        expect(head.guestKind).toBe(restore.kind)
        const host = recordedHost(`4.17-debian-${restore.restoredOn}`)
        const { admitted, reasons } = admitImage(head, host)
        expect(reasons.some(({ grade }) => grade === 'refused')).toBe(restore.rc !== 0)
        expect(admitted).toBe(restore.policyIdentical === true)
      })
    })
  })
})

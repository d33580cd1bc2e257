/** Targets: images read, judged and admitted, however their bytes come. */
import {
  admitImage,
  IMAGE_FINDINGS,
  type ImageEvent,
  type ImageReport,
  ImageVerifier,
  readHead,
  readImage,
  verifyImage,
} from '@xenlevel/migration'
import * as z from 'zod'
import { pick } from '../../../packages/cpuid/src/random.testing.js'
import { bytesForm } from '../forms.js'
import { hostPolicies, RELEASES, wholeHosts } from '../material.js'
import { defineTarget, inside, isRefusal, must, type Refusal, refusalOf, same } from '../target.js'
import { cutAt, cutsIn, oddHead, oddImage, sourceOf } from './pieces.js'

const cutForm = z.strictObject({ bytes: bytesForm, cuts: z.array(z.number()) })

/** What a reader of images may say. */
export const IMAGE_CODES = [
  ...['TRUNCATED', 'BAD_MARKER', 'BAD_ID', 'BAD_MAGIC', 'BAD_VERSION', 'BIG_ENDIAN'],
  ...['BAD_DOMAIN_TYPE', 'BAD_PAGE_SHIFT', 'LEGACY', 'UNKNOWN_MANDATORY', 'UNEXPECTED_RECORD'],
  ...['RECORD_TOO_LONG', 'BAD_RECORD_LENGTH', 'BAD_PAGE_DATA', 'BAD_PAGE_TYPE'],
  ...['BAD_POLICY_LENGTH', 'BAD_PV_INFO', 'NO_STATIC_DATA_END', 'NO_LIBXC_CONTEXT'],
  ...['BAD_XL_CONFIG', 'BAD_LIBVIRT_XML', 'BAD_XENOPS_RECORD', 'HEAD_TOO_LONG'],
]

function checkReport(
  { findings, verify, restore, size, trailing, ok }: ImageReport,
  length: number,
) {
  let before = 0
  for (const { code, offset, message, rejects } of findings) {
    inside(offset, length, code)
    must(code in IMAGE_FINDINGS, `${code} is not explained`)
    must(offset >= before, 'findings are out of order')
    must(message !== '', `${code} says nothing`)
    if (rejects.includes('verify')) must(!verify.ok, `${code} rejects, and verify is yes`)
    if (rejects.includes('restore')) must(!restore.ok, `${code} rejects, and restore is yes`)
    before = offset
  }
  must(ok === (verify.ok && restore.ok), 'the whole is not its parts')
  must(size + trailing === length, `${size} and ${trailing} bytes are not ${length}`)
}

/** Images judged. */
export const judgements = defineTarget({
  name: 'migration.verify',
  share: 200,
  feeds: 'damaged images, in one piece and cut, to ImageVerifier; one in eight to verifyImage',
  holds:
    'the report is the same however the bytes are cut; findings are in order and inside the image, their codes are explained, and the verdicts follow from them',
  codes: [],
  input: cutForm,
  make: (random) => {
    const bytes = oddImage(random)
    return { bytes, cuts: cutsIn(random, bytes) }
  },
  check: ({ bytes, cuts }) => {
    const whole = judged([bytes])
    checkReport(whole, bytes.length)
    same('the report on cut bytes', judged(cutAt(bytes, cuts)), whole)
    if (cuts.length !== 5) return whole
    return verifyImage(sourceOf(cutAt(bytes, cuts))).then((report) => {
      same('the report on a stream', report, whole)
      return report
    })
  },
})

function judged(pieces: readonly Uint8Array[]): ImageReport {
  const verifier = new ImageVerifier()
  for (const piece of pieces) verifier.push(piece)
  return verifier.end()
}

interface Reading {
  readonly events: readonly ImageEvent[]
  readonly end: Refusal | null
  readonly consumed: number
}

async function readAll(pieces: readonly Uint8Array[], length: number): Promise<Reading> {
  const reading = readImage(sourceOf(pieces), { contents: ({ layer }) => layer === 'xl' })
  const events: ImageEvent[] = []
  let end: Refusal | null = null
  try {
    for await (const event of reading) if (event.kind !== 'data') events.push(event)
  } catch (error) {
    end = refusalOf(error, IMAGE_CODES, length)
  }
  return { events, end, consumed: reading.consumed }
}

/** Images read. */
export const readings = defineTarget({
  name: 'migration.read',
  share: 200,
  feeds: 'damaged images, in one piece and cut, to readImage',
  holds:
    'the events and the error are the same however the bytes are cut; pieces lie inside the image, in order',
  codes: IMAGE_CODES,
  input: cutForm,
  make: (random) => {
    const bytes = oddImage(random)
    return { bytes, cuts: cutsIn(random, bytes) }
  },
  check: async ({ bytes, cuts }) => {
    const whole = await readAll([bytes], bytes.length)
    same('what cut bytes are read as', await readAll(cutAt(bytes, cuts), bytes.length), whole)
    let before = 0
    for (const { offset, size, name } of whole.events) {
      inside(offset + size, bytes.length, name)
      must(offset >= before, 'events are out of order')
      before = offset
    }
    inside(whole.consumed, bytes.length, 'what is consumed')
    return whole
  },
})

/** Heads, and who may come in. */
export const heads = defineTarget({
  name: 'migration.head',
  share: 200,
  feeds:
    'damaged heads, in one piece and cut, to readHead; what is read to admitImage on hosts of every release',
  holds:
    'head and error are the same however the bytes are cut; the head and what follows it are the input; an answer follows from its reasons',
  codes: IMAGE_CODES,
  input: z.strictObject({ ...cutForm.shape, host: z.number(), release: z.string() }),
  make: (random) => {
    const bytes = oddHead(random)
    const host = random(hostPolicies.length + wholeHosts.length)
    return { bytes, cuts: cutsIn(random, bytes), host, release: pick(random, RELEASES) }
  },
  check: async ({ bytes, cuts, host: at, release }) => {
    const whole = await headOf([bytes], bytes.length)
    same('the head of cut bytes', await headOf(cutAt(bytes, cuts), bytes.length), whole)
    if (isRefusal(whole)) return whole
    const hosts = [...hostPolicies, ...wholeHosts]
    const host = hosts[at % hosts.length]
    if (host === undefined) return whole
    const head = await readHead(bytes)
    const { admitted, reasons, findings } = admitImage(head, host, { release })
    for (const { message } of [...reasons, ...findings])
      must(message !== '', 'a reason says nothing')
    const refused = reasons.some(({ grade }) => grade === 'refused' || grade === 'lost')
    must(admitted !== refused, 'the answer does not follow from the reasons')
    return [whole, admitted, reasons, findings]
  },
})

async function headOf(pieces: readonly Uint8Array[], length: number) {
  try {
    const { remainder, bytes, cpuPolicy, policyError, ...head } = await readHead(sourceOf(pieces))
    let rest = 0
    for await (const piece of remainder) rest += piece.length
    must(bytes.length + rest === length, 'head and rest are not the input')
    must(head.headEnd === bytes.length, 'the head ends elsewhere')
    return { ...head, bytes, records: cpuPolicy?.toRecords(), error: policyError?.message }
  } catch (error) {
    return refusalOf(error, IMAGE_CODES, length)
  }
}

/** The CPU that microcode is chosen for: as the command line says it, or as a host's snapshot does. */
import type { HostSnapshot } from '@xenlevel/core'
import { cpuSignature } from '@xenlevel/cpuid'
import type { CpuIdentity, MicrocodeFile } from '@xenlevel/microcode'
import { CommandError, UsageError } from '../errors.js'
import { hex } from '../output/text.js'

/** `0x306f2`, `0x306f2,platform=1,revision=0x44`, `06-3f-02,…`. */
export function readCpu(
  text: string,
  verb: string,
  files: readonly Pick<MicrocodeFile, 'updates'>[] = [],
): CpuIdentity {
  const [model = '', ...rest] = text.split(',')
  const signature = signatureIn(model)
  const fields = new Map(rest.map((field) => splitOnce(field)))
  const number = (name: string): number => {
    const value = fields.get(name)
    fields.delete(name)
    if (value === undefined) return 0
    const read = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(value) ? Number(value) : Number.NaN
    if (!(read <= 0xffff_ffff)) throw wrong(text, verb)
    return read
  }
  const [platformId, revision] = [number('platform'), number('revision')]
  if (signature === undefined || fields.size > 0 || platformId > 7) throw wrong(text, verb)
  const update = files
    .flatMap(({ updates }) => updates)
    .find(({ signatures }) => signatures.some((row) => row.signature === signature))
  return { vendor: update?.vendor ?? vendorOf(signature), signature, platformId, revision }
}

function wrong(text: string, verb: string): UsageError {
  return new UsageError(
    `"${text}" is no CPU: write its signature (CPUID leaf 1, eax) or the name that Intel's files have, then platform id (0 to 7) and running revision, such as 0x306f2,platform=0,revision=0x44 or 06-3f-02,revision=0x44.`,
    verb,
  )
}

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=')
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)]
}

function signatureIn(text: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number(text)
  const match = /^([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})$/i.exec(text)
  if (match === null) return undefined
  const [family = 0, model = 0, stepping = 0] = match
    .slice(1)
    .map((part) => Number.parseInt(part, 16))
  const extended = Math.max(family - 15, 0)
  return (
    extended * 2 ** 20 +
    (model >>> 4) * 2 ** 16 +
    Math.min(family, 15) * 2 ** 8 +
    (model & 15) * 16 +
    stepping
  )
}

/**
 * Who makes CPUs of a family: AMD from 0x10 on but for 0x13, which is Intel's, and 0x0f with an extended model. Of 0x12 both do; what an
 * update says of itself is asked first.
 */
function vendorOf(signature: number): CpuIdentity['vendor'] {
  const { family } = cpuSignature(signature)
  if (family === 0xf) return signature >>> 16 > 0 ? 'AMD' : 'Intel'
  return family >= 0x10 && family !== 0x13 ? 'AMD' : 'Intel'
}

/** A model as Intel's releases name its file. */
export function modelName(signature: number): string {
  const { family, model, stepping } = cpuSignature(signature)
  const two = (value: number) => value.toString(16).padStart(2, '0')
  return `${two(family)}-${two(model)}-${two(stepping)}`
}

/** The CPU of a host. A snapshot does not have the platform id, so unless it is said, all are tried that the files know. */
export function cpuOfHost(
  host: HostSnapshot,
  files: readonly MicrocodeFile[],
  platformId: number | undefined,
): CpuIdentity {
  const { vendor, signature, microcodeRevision } = host.cpu
  if (vendor !== 'Intel' && vendor !== 'AMD' && vendor !== 'Hygon')
    throw new CommandError({
      code: 'NO_MICROCODE_FOR_VENDOR',
      message: `${host.name} has CPUs of ${vendor}, for which nobody loads microcode.`,
    })
  if (microcodeRevision === null)
    throw new CommandError({
      code: 'REVISION_UNKNOWN',
      message: `The snapshot of ${host.name} does not say which microcode runs: take it on the host, or ask with --cpu ${hex(signature)},revision=….`,
    })
  const known = {
    vendor: vendor === 'Intel' ? vendor : ('AMD' as const),
    signature,
    revision: microcodeRevision,
  }
  if (known.vendor === 'AMD') return { ...known, platformId: 0 }
  if (platformId !== undefined) return { ...known, platformId }
  const masks = new Set(
    files.flatMap(({ updates }) =>
      updates.flatMap(({ signatures }) =>
        signatures.flatMap((row) => (row.signature === signature ? [row.platformMask] : [])),
      ),
    ),
  )
  const [mask = 1] = masks
  if (masks.size > 1)
    throw new CommandError({
      code: 'PLATFORM_UNKNOWN',
      message: `The files have different updates for the platforms of ${modelName(signature)} (masks ${[...masks].map((each) => hex(each)).join(', ')}), and a snapshot does not say which ${host.name} is: give --platform-id, bits 52 to 50 of MSR 0x17.`,
    })
  return { ...known, platformId: mask === 0 ? 0 : 31 - Math.clz32(mask & -mask) }
}

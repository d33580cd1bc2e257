/** The microcode that recorded hypervisors were given: one row each, with how a file is known for it. */
import { type IntelUpdate, parseMicrocode } from '@xenlevel/microcode'
import { isErrno, type XenRecording } from './recording.js'

const isFilledWith = (bytes: Uint8Array, byte: number) => bytes.every((one) => one === byte)

/** Files without microcode: bytes, by the recording's names. */
const NO_FILES: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  len0: (bytes) => bytes.length === 0,
  len4: (bytes) => bytes.length === 4 && isFilledWith(bytes, 0),
  amd_magic_only: (bytes) => bytes.length === 4 && bytes.join() === [0x44, 0x4d, 0x41, 0x00].join(),
  zero4k: (bytes) => bytes.length === 4096 && isFilledWith(bytes, 0),
  garbage4k: (bytes) => bytes.length === 4096 && isFilledWith(bytes, GARBAGE),
}

/** The byte that the recorded garbage was made of. */
const GARBAGE = 0xa5

/** The CPU for which the files with one update were made. */
interface Target {
  readonly signature: number
  readonly platformMask: number
  /** The revision that it runs. */
  readonly revision: number
}

interface Row {
  readonly name: string
  readonly matches: (update: IntelUpdate, cpu: Target) => boolean
}

const fits = ({ signatures }: IntelUpdate, cpu: Target) =>
  signatures.some(
    ({ signature, platformMask }) =>
      signature === cpu.signature && (platformMask & cpu.platformMask) !== 0,
  )

/** Files with one update, in this order: the first that fits. Revisions compare as signed numbers. */
const FILES: readonly Row[] = [
  { name: 'bad_sum', matches: ({ checksumOk }) => !checksumOk },
  {
    name: 'other_sig',
    matches: ({ signatures }, cpu) => !signatures.some((one) => one.signature === cpu.signature),
  },
  { name: 'other_pf', matches: (update, cpu) => !fits(update, cpu) },
  { name: 'match_negative', matches: ({ revision }) => revision > 0x7fff_ffff },
  { name: 'match_newer', matches: ({ revision }, cpu) => revision > cpu.revision },
  { name: 'match_same', matches: ({ revision }, cpu) => revision === cpu.revision },
  { name: 'match_older', matches: ({ revision }, cpu) => revision < cpu.revision },
]

/** What a recorded Xen answered to such a file, by errno or `'OK'`; null if it was never given one. */
export function recordedUpdate(
  { hypercalls, extra = {} }: XenRecording,
  bytes: Uint8Array,
  force: boolean,
): string | null {
  const [plain] = Object.entries(NO_FILES).find(([, matches]) => matches(bytes)) ?? []
  if (plain !== undefined) {
    const { microcode_update: old, microcode_update2: flagged } = hypercalls
    // With a flag only garbage was tried.
    const said = !force ? old[plain] : plain === 'garbage4k' ? flagged.flags1 : undefined
    return said === undefined ? null : isErrno(said) ? said.err : 'OK'
  }
  const name = nameOfFile(bytes, targetOf(extra))
  if (name === null) return null
  const said = force
    ? extra[`ucode2_force_${name}`]
    : [extra[`ucode2_${name}`], extra[`ucode_${name}`]].find((one) => one !== 'ENOSYS')
  return said === 0 ? 'OK' : typeof said === 'string' ? said : null
}

function nameOfFile(bytes: Uint8Array, cpu: Target | null): string | null {
  const updates = updatesOf(bytes)
  const [only] = updates
  if (cpu === null || only?.vendor !== 'Intel' || updates.length !== 1) return null
  return FILES.find(({ matches }) => matches(only, cpu))?.name ?? null
}

function updatesOf(bytes: Uint8Array) {
  try {
    return parseMicrocode(bytes).updates
  } catch {
    // What is no microcode was not recorded beyond the bytes above.
    return []
  }
}

/** Emulated CPUs have platform id 0 and run revision 1; the files were made for the signature that the recording names. */
function targetOf({ sig }: Readonly<Record<string, unknown>>): Target | null {
  if (typeof sig !== 'string') return null
  return { signature: Number.parseInt(sig, 16), platformMask: 1, revision: 1 }
}

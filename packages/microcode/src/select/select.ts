/** Which update a CPU gets out of files, and why: Xen's answer, Linux' and iucode_tool's. */
import { compareRevisions } from '../rendezvous/revisions.js'
import type { CpuIdentity, MicrocodeVendor } from '../types.js'
import { selectAsIucode } from './iucode.js'
import { selectAsLinux } from './linux.js'
import { selectRelease } from './rules.js'
import { Source } from './source.js'
import type {
  MicrocodeInput,
  SelectConsumer,
  SelectErrno,
  Selection,
  SelectOptions,
} from './types.js'
import { type FileSelection, type Select, selectAsXen } from './xen.js'

/**
 * Which update a CPU gets, and what loading it comes to. Of several files each is read on its own, and the best of what they give is the
 * answer: a damaged file keeps nothing from the others. To ask about files that are joined, join them.
 *
 * Never throws on content.
 *
 * @throws LateLoadReleaseError (code `LATE_LOAD_RELEASE`) for a Xen before 4.13, and for what is no release.
 */
export function selectUpdate(
  files: MicrocodeInput | readonly MicrocodeInput[],
  cpu: CpuIdentity,
  options: SelectOptions = {},
): Selection {
  return selectFrom(openAll(files), cpu, chooserOf(options))
}

/**
 * The same for many CPUs, each on its own, in their order; files are read once. The firmware is judged by the first CPU, as Xen judges it,
 * unless `bootRevision` says otherwise.
 *
 * @throws as {@link selectUpdate}
 */
export function selectUpdates(
  files: MicrocodeInput | readonly MicrocodeInput[],
  cpus: readonly CpuIdentity[],
  options: SelectOptions = {},
): Selection[] {
  const sources = openAll(files)
  const [first] = cpus
  const known = first === undefined ? options : { bootRevision: first.revision, ...options }
  const chooser = chooserOf(known)
  return cpus.map((cpu) => selectFrom(sources, cpu, chooser))
}

/** Makes files ready. */
export function openAll(files: MicrocodeInput | readonly MicrocodeInput[]): Source[] {
  return isList(files) ? files.map((file) => new Source(file)) : [new Source(files)]
}

function isList(
  files: MicrocodeInput | readonly MicrocodeInput[],
): files is readonly MicrocodeInput[] {
  return Array.isArray(files)
}

const SELECTORS: Readonly<Record<SelectConsumer, (options: SelectOptions) => Select>> = {
  xen: selectAsXen,
  linux: (options) => selectAsLinux('linux-early', options),
  'linux-early': (options) => selectAsLinux('linux-early', options),
  'linux-late': (options) => selectAsLinux('linux-late', options),
  iucode: selectAsIucode,
}

/** A consumer with all options settled: what is asked once for many CPUs and files. */
export interface Chooser {
  /** Chooses from one file. */
  readonly select: Select
  /** How it orders revisions. */
  readonly isNewer: (vendor: MicrocodeVendor, present: number, offered: number) => boolean
}

/** Settles a consumer. @throws as {@link selectUpdate} */
export function chooserOf(options: SelectOptions): Chooser {
  const { consumer = 'xen', release } = options
  const select = SELECTORS[consumer](options)
  if (consumer === 'iucode')
    return { select, isNewer: (_, present, offered) => (offered | 0) > (present | 0) }
  if (consumer !== 'xen') return { select, isNewer: (_, present, offered) => offered > present }
  const { rules } = selectRelease(release)
  const isNewer: Chooser['isNewer'] = (vendor, present, offered) =>
    compareRevisions({ vendor, rules }, present, offered) === 'newer'
  return { select, isNewer }
}

/** What is said first where nothing is loaded: the answer that says most of why. */
const ERRNO_ORDER: readonly SelectErrno[] = [
  'OK',
  'EPERM',
  'ENXIO',
  'EEXIST',
  'EINVAL',
  'EFAULT',
  'ENOENT',
  'ENODEV',
]

/** The best that files which were made ready give. */
export function selectFrom(
  sources: readonly Source[],
  cpu: CpuIdentity,
  { select, isNewer }: Chooser,
): Selection {
  const newer = (present: number, offered: number) => isNewer(cpu.vendor, present, offered)
  let best: Selection | null = null
  for (const [index, source] of sources.entries()) {
    const one = select(source, cpu)
    const selection = { ...one, file: one.update === null ? null : index }
    if (best === null || isBetter(selection, best, newer)) best = selection
  }
  const answer = best ?? { ...select(new Source(new Uint8Array()), cpu), file: null }
  return Object.freeze(answer)
}

function isBetter(
  one: FileSelection,
  other: FileSelection,
  newer: (present: number, offered: number) => boolean,
): boolean {
  const [rank, known] = [one, other].map(({ errno }) => ERRNO_ORDER.indexOf(errno))
  if (rank !== known) return (rank ?? 0) < (known ?? 0)
  if (one.update === null || other.update === null) return one.update !== null
  return newer(other.update.revision, one.update.revision)
}

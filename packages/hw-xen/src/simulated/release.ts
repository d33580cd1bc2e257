/** What releases of Xen have and lack as seen through hypercalls: one row a difference, with the releases in which it landed. */
import type { HypervisorVersion, OptionalCall } from '@xenlevel/core'
import { nearestRelease, releaseHas, UnknownReleaseError, XenlevelError } from '@xenlevel/cpuid'

interface CallRow {
  readonly call: OptionalCall
  readonly landed: readonly string[]
  readonly removed?: readonly string[]
  /** The contract answers it all the same, by foresight. */
  readonly foreseen?: true
  /** File of Xen's source, below xen/. */
  readonly source: string
}

// Recorded from 4.13.5, 4.14.6, 4.15.7, 4.16.7, 4.17.0, 4.17.7, 4.18.6, 4.19.6, 4.20.3, 4.21.2 and 4.22.0.
const CALLS: readonly CallRow[] = [
  {
    call: 'featureset pvMax',
    landed: ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6'],
    source: 'arch/x86/sysctl.c',
  },
  {
    call: 'featureset hvmMax',
    landed: ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6'],
    source: 'arch/x86/sysctl.c',
  },
  {
    call: 'levellingCaps',
    landed: ['4.7.0'],
    removed: ['4.22.0'],
    foreseen: true,
    source: 'arch/x86/sysctl.c',
  },
  { call: 'microcodeRevision', landed: ['4.18.0'], source: 'arch/x86/platform_hypercall.c' },
  { call: 'updateMicrocode force', landed: ['4.20.0'], source: 'arch/x86/platform_hypercall.c' },
]

/** The calls that a release lacks and that nothing stands in for. */
export function lackedCalls(release: string): readonly OptionalCall[] {
  const exact = exactRelease(release)
  return Object.freeze(
    CALLS.filter(
      ({ landed, removed, foreseen }) =>
        foreseen !== true &&
        (!releaseHas(exact, landed) || (removed !== undefined && releaseHas(exact, removed))),
    ).map(({ call }) => call),
  )
}

/** How releases differ beside whole calls. */
export interface ReleaseManners {
  /** XEN_DOMCTL_createdomain knows the flag for nested virtualisation (include/public/domctl.h). */
  readonly hasNestedFlag: boolean
  /** It looks whether the machine can do nested virtualisation (arch/x86/domain.c). */
  readonly checksNested: boolean
  /** What it answers when every domain id is taken (common/domctl.c, common/domid.c). */
  readonly noDomainId: 'ENOMEM' | 'EEXIST'
  /** 32-bit PV guests are built in when nobody chooses (arch/x86/Kconfig). */
  readonly buildsPv32: boolean
  /** Microcode that says revision ~0 cannot be loaded over (arch/x86/cpu/microcode/core.c). */
  readonly heedsLockedRevision: boolean
}

interface MannersRow {
  readonly landed: readonly string[]
  readonly changes: Partial<ReleaseManners>
}

const FIRST: ReleaseManners = {
  hasNestedFlag: false,
  checksNested: false,
  noDomainId: 'ENOMEM',
  buildsPv32: true,
  heedsLockedRevision: false,
}

const MANNERS: readonly MannersRow[] = [
  { landed: ['4.15.0'], changes: { hasNestedFlag: true } },
  { landed: ['4.16.0', '4.15.1', '4.14.3'], changes: { buildsPv32: false } },
  { landed: ['4.18.0'], changes: { heedsLockedRevision: true } },
  { landed: ['4.19.0'], changes: { checksNested: true } },
  { landed: ['4.22.0'], changes: { noDomainId: 'EEXIST' } },
]

/** How a release behaves. */
export function mannersOf(release: string): ReleaseManners {
  const exact = exactRelease(release)
  const changes = MANNERS.filter(({ landed }) => releaseHas(exact, landed))
  return Object.assign({ ...FIRST }, ...changes.map((row) => row.changes))
}

/** The release whose rules and tables hold: of one that is newer than all known, the newest of its branch. 4.13 is the first. */
export function exactRelease(release: string): string {
  const exact = nearestRelease(release)
  if (exact === undefined) throw new UnknownReleaseError(release)
  if (!releaseHas(exact, ['4.13.0'])) {
    throw new XenlevelError({
      code: 'SIMULATED_RELEASE',
      message: `Xen ${release} cannot be simulated: 4.13 is the first whose policies and microcode calls are known. Choose a later one.`,
      details: { release },
    })
  }
  return exact
}

/** What a release says of itself, without what its build and its machine add. */
export function versionOf(
  release: string,
): Pick<HypervisorVersion, 'major' | 'minor' | 'extra' | 'release'> {
  const exact = exactRelease(release)
  const said = /^(\d+)\.(\d+)((?:\.\d+)?)(.*)$/.exec(release)
  const [, major = '', minor = '', point = '', rest = ''] = said ?? []
  // A branch alone means its newest point release; of the development tree there is no point release.
  const known = exact.slice(`${major}.${minor}`.length)
  const number = point === '' ? known : point
  return {
    major: Number(major),
    minor: Number(minor),
    extra: number === rest ? number : `${number}${rest}`,
    release: `${major}.${minor}${number}`,
  }
}

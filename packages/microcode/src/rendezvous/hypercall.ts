/** What Xen does around the rendezvous: everything that can end the call before it, and what it makes of the result. */
import { errnoNumber, type LateLoadErrno } from './errors.js'
import type { Model } from './model.js'
import { allowsSame, compareRevisions } from './revisions.js'
import type { LateLoadEnd, LateLoadObstacle, LateLoadOptions } from './types.js'

/** Why the call ends before the CPUs meet. */
export interface Refusal {
  /** What it returns. */
  readonly errno: LateLoadErrno
  /** What it prints. */
  readonly log: readonly string[]
  /** The CPUs that are to write had been counted. */
  readonly counted: boolean
}

interface Asked {
  readonly model: Model
  readonly options: LateLoadOptions
}

type Check = (asked: Asked) => Omit<Refusal, 'counted'> | null

const FORCE = 1

/** The checks in Xen's order (platform_hypercall.c, then ucode_update_hcall and ucode_update_hcall_cont in core.c). */
const CHECKS: readonly Check[] = [
  ({ model, options }) =>
    model.known.rules.canLackLoading ? obstacle(options, 'loading-absent', 'EOPNOTSUPP') : null,
  // An older Xen does not know the call that has flags.
  ({ model }) =>
    model.flags !== 0 && !model.known.rules.hasFlags ? { errno: 'ENOSYS', log: [] } : null,
  ({ model }) => ((model.flags & ~FORCE) === 0 ? null : { errno: 'EINVAL', log: [] }),
  ({ options }) => obstacle(options, 'loading-locked', 'EINVAL'),
  ({ options }) => obstacle(options, 'out-of-memory', 'ENOMEM'),
  ({ options }) => obstacle(options, 'bad-buffer', 'EFAULT'),
  ({ options }) => obstacle(options, 'cpu-maps-busy', 'EBUSY'),
  ({ model: { cpus } }) =>
    cpus[0] === 0
      ? null
      : { errno: 'EPERM', log: [`CPU0 is expected to lead ucode loading (but got CPU${cpus[0]})`] },
  ({ options }) => obstacle(options, 'parse-error', 'EINVAL', 'Parsing microcode blob error -22'),
  ({ options }) =>
    obstacle(
      options,
      'no-match',
      'ENOENT',
      "microcode: couldn't find any matching ucode in the provided blob!",
    ),
  cacheCheck,
]

function obstacle(
  options: LateLoadOptions,
  wanted: LateLoadObstacle,
  errno: LateLoadErrno,
  ...log: string[]
): Omit<Refusal, 'counted'> | null {
  return options.obstacle === wanted ? { errno, log } : null
}

/** With a cache, every CPU should have at least what is in it: an update that is not newer needs no rendezvous. */
function cacheCheck({ model, options }: Asked): Omit<Refusal, 'counted'> | null {
  const cached = options.cachedRevision ?? null
  if (cached === null) return null
  const { known, request, revisions } = model
  const order = compareRevisions(request, cached, revisions[1])
  const same = allowsSame(request)
  if (order === 'newer' || request.force || (order === 'same' && same)) return null
  return {
    errno: known.rules.cacheNotOlder,
    log: [
      `microcode: couldn't find any newer${same ? ' (or the same)' : ''} revision in the provided blob!`,
    ],
  }
}

/** What Xen says before it stops the machine. */
export function announcement({ primaries }: Model): string {
  return `${primaries} cores are to update their microcode`
}

/** Whether the CPUs meet at all; null if they do. */
export function refusalBefore(model: Model, options: LateLoadOptions): Refusal | null {
  for (const check of CHECKS) {
    const refused = check({ model, options })
    if (refused !== null) return { ...refused, counted: false }
  }
  return options.obstacle === 'stop-machine-busy'
    ? { errno: 'EBUSY', log: [announcement(model)], counted: true }
    : null
}

/** What Xen makes of the result. */
export interface Aftermath {
  /** The cache afterwards; null for none. */
  readonly cachedRevision: number | null
  /** The raw CPU policy is read again. */
  readonly policyRefresh: boolean
  /** What it prints. */
  readonly log: readonly string[]
}

/** The end of ucode_update_hcall_cont; nothing of it is reached where the call does not return. */
export function aftermath(
  model: Model,
  options: LateLoadOptions,
  { errno, updated }: { readonly errno: LateLoadEnd; readonly updated: number },
): Aftermath {
  const { cachedRevision = null } = options
  const cached = cachedRevision === null ? null : cachedRevision >>> 0
  if (errno === 'PANIC' || errno === 'HANG' || updated === 0) {
    return { cachedRevision: cached, policyRefresh: false, log: [] }
  }
  const { request, revisions, primaries, known } = model
  const replaces = cached === null || compareRevisions(request, cached, revisions[1]) === 'newer'
  return {
    cachedRevision: replaces ? revisions[1] : cached,
    policyRefresh: known.rules.refreshesPolicy,
    log:
      updated === primaries
        ? []
        : [
            `ERROR: Updating microcode succeeded on ${updated} cores and failed\non other ${primaries - updated} cores. A system with differing microcode\nrevisions is considered unstable. Please reboot and do not\nload the microcode that triggers this warning!`,
          ],
  }
}

/** What the control CPU prints when it gives up after its own load. */
export function abortMessage({ known }: Model, errno: LateLoadErrno): string {
  const number = known.rules.anyErrorAborts ? `: -${errnoNumber(errno)}` : ''
  return `Late loading aborted: CPU0 failed to update ucode${number}`
}

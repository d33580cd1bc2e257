/** What toolstacks do not expect of a load: named, and what can be done about it. */
import { hex } from '../bytes.js'
import { compareRevisions } from '../rendezvous/revisions.js'
import type { LateLoadRun } from '../rendezvous/types.js'
import type { SelectRelease } from '../select/rules.js'
import type { LateLoadHost, LoadOutcome, Trap, TrapCode } from './types.js'

/** What traps are looked for in. */
interface Situation {
  readonly host: LateLoadHost
  readonly rules: SelectRelease['rules']
  readonly run: Pick<LateLoadRun, 'errno' | 'updated' | 'nrCores' | 'watchdogBalance'>
  readonly outcome: Omit<LoadOutcome, 'traps'>
}

/** The same, with what every trap asks. */
interface Case extends Situation {
  /** The revision that CPU 0 chose; null for none. */
  readonly offered: number | null
  /** CPUs that take part. */
  readonly online: LoadOutcome['cpus']
  /** CPUs that do not. */
  readonly offline: LoadOutcome['cpus']
}

interface Row {
  readonly code: TrapCode
  readonly holds: (situation: Case) => boolean
  readonly message: (situation: Case) => string
}

const FORCE = 'operation 66 with the force flag (xen-ucode --force, from 4.20 on) is the way out'

const ROWS: readonly Row[] = [
  {
    code: 'NO_SUCH_CALL',
    holds: ({ outcome }) => outcome.errno === 'ENOSYS',
    message: ({ outcome }) =>
      `Xen ${outcome.release} has no operation 66, which tools have used since 4.20: take the tools of this release, or operation 35.`,
  },
  {
    code: 'UPDATED_YET_EEXIST',
    holds: ({ outcome, offered, online, run }) =>
      outcome.errno !== 'OK' &&
      run.updated > 0 &&
      offered !== null &&
      online.every(({ after }) => after === offered),
    message: ({ outcome }) =>
      `Every CPU runs the new revision, yet the call returns ${outcome.errno}: a CPU that had it before returns that.`,
  },
  {
    code: 'CPU0_AHEAD',
    holds: ({ run, online, offered }) =>
      run.nrCores > 0 &&
      run.updated === 0 &&
      offered !== null &&
      isNotNewer(online[0]?.load) &&
      online.some(({ load }) => load === 'OK'),
    message: ({ online }) =>
      `CPU 0 runs ${hex(online[0]?.before ?? 0)} already, so that nothing is loaded anywhere and CPUs with older revisions keep them: ${FORCE}.`,
  },
  {
    code: 'CACHE_HIDES_OLD_CPUS',
    holds: (situation) => refusedByCache(situation) && olderCpus(situation).length > 0,
    message: (situation) =>
      `Xen keeps ${hex(situation.host.cachedRevision ?? 0)} for CPUs that come up later, and takes nothing that is not newer, though CPUs ${olderCpus(situation).join(', ')} run older revisions: ${FORCE}.`,
  },
  {
    code: 'CACHE_KEEPS_NEWER',
    holds: ({ outcome, offered, run }) =>
      run.updated > 0 &&
      offered !== null &&
      outcome.cachedRevision !== null &&
      outcome.cachedRevision !== offered,
    message: ({ outcome, offered }) =>
      `Xen goes on keeping ${hex(outcome.cachedRevision ?? 0)}: CPUs that come up later get it, beside others with ${hex(offered ?? 0)}, until the host is started anew.`,
  },
  {
    code: 'MIXED_AFTERWARDS',
    holds: ({ outcome, run }) => !outcome.uniform && run.nrCores > 0,
    message: ({ online }) =>
      `CPUs run different revisions afterwards (${[...new Set(online.map(({ after }) => hex(after)))].join(', ')}), which Xen calls unstable: start the host anew.`,
  },
  {
    code: 'OFFLINE_STAY_OLD',
    holds: ({ offline, offered, run }) =>
      run.updated > 0 && offered !== null && offline.some(({ after }) => after !== offered),
    message: ({ offline, offered }) => {
      const old = offline.filter(({ after }) => after !== offered)
      const never = old.filter(({ whenOnline }) => whenOnline !== offered)
      const later = never.length === 0 ? 'they get it when they come up' : 'not all get it later'
      return `CPUs ${old.map(({ cpu }) => cpu).join(', ')} are offline or parked and keep their revision; ${later}.`
    },
  },
  {
    code: 'EINVAL_IS_NOT_NEWER',
    holds: ({ outcome, offered, rules }) =>
      outcome.errno === 'EINVAL' && offered !== null && rules.notNewer === 'EINVAL',
    message: ({ outcome }) =>
      `Xen ${outcome.release} says EINVAL where later ones say EEXIST: nothing is wrong with the file, it is not newer.`,
  },
  {
    code: 'ENOENT_IS_NOT_NEWER',
    holds: ({ outcome, offered, rules }) =>
      outcome.errno === 'ENOENT' && offered !== null && rules.cacheNotOlder === 'ENOENT',
    message: ({ outcome }) =>
      `Xen ${outcome.release} says ENOENT where later ones say EEXIST: the file has an update for this CPU, it is not newer than the one that Xen keeps.`,
  },
  {
    code: 'EBUSY_HIDES_ERROR',
    holds: ({ outcome, online, run }) =>
      outcome.errno === 'EBUSY' &&
      run.nrCores > 0 &&
      online[0]?.load !== null &&
      online[0]?.load !== 'OK',
    message: ({ online }) =>
      `CPU 0 failed with ${online[0]?.load}, and the CPUs that waited for it say EBUSY: trying again does not help.`,
  },
  {
    code: 'WATCHDOG_STAYS_OFF',
    holds: ({ run }) => run.watchdogBalance > 0,
    message: () =>
      'Xen leaves its watchdog off and its NMI handler exchanged after such a failure: start the host anew.',
  },
  {
    code: 'REST_NOT_READ',
    holds: ({ outcome, offered }) => offered !== null && (outcome.selection?.stop ?? null) !== null,
    message: ({ outcome }) =>
      `Xen says nothing of it, but did not read the whole file: ${outcome.selection?.stop?.message ?? ''}`,
  },
]

function isNotNewer(load: LoadOutcome['cpus'][number]['load'] | undefined): boolean {
  return load === 'EEXIST' || load === 'EINVAL'
}

function refusedByCache({ host, outcome, offered, run, rules }: Case): boolean {
  const kept = host.cachedRevision ?? null
  return (
    kept !== null && offered !== null && run.nrCores === 0 && outcome.errno === rules.cacheNotOlder
  )
}

/** CPUs that the update would be newer for. */
function olderCpus({ host, rules, online, offered }: Case): number[] {
  const older = online.filter(({ cpu, before }) => {
    const vendor = host.cpus[cpu]?.vendor
    return (
      vendor !== undefined &&
      offered !== null &&
      compareRevisions({ vendor, rules }, before, offered) === 'newer'
    )
  })
  return older.map(({ cpu }) => cpu)
}

/** The traps of an outcome, in the order of the table. */
export function findTraps(situation: Situation): Trap[] {
  const { outcome } = situation
  const full: Case = {
    ...situation,
    offered: outcome.selection?.update?.revision ?? null,
    online: outcome.cpus.filter(({ online }) => online),
    offline: outcome.cpus.filter(({ online }) => !online),
  }
  return ROWS.filter(({ holds }) => holds(full)).map(({ code, message }) =>
    Object.freeze({ code, message: message(full) }),
  )
}

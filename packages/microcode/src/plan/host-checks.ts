/** What hosts add: their CPUs, their Xen, their guests, and what the hypercall would come to. */
import { cpuSignature, nearestRelease } from '@xenlevel/cpuid'
import { hex } from '../bytes.js'
import { takesPart } from '../outcome/topology.js'
import type { LoadOutcome } from '../outcome/types.js'
import { selectRelease } from '../select/rules.js'
import { chooserOf, selectFrom } from '../select/select.js'
import type { PlanCase, PlanCheck } from './case.js'
import { guestGroups } from './guests.js'
import { hasRendezvous } from './releases.js'
import { isRecalled, withdrawn } from './update-checks.js'

/** AMD models on which both threads of a core must load (Linux a32b0f0db3f3, Xen f1315e48a0). */
const BOTH_THREADS: readonly (readonly [family: number, model: number])[] = [
  [0x19, 0x11],
  [0x19, 0xa0],
]

/** Every check of a host. */
export const HOST_CHECKS: readonly PlanCheck[] = [
  {
    code: 'LATE_NEVER',
    check: ({ policy }) =>
      policy.late === 'never'
        ? { forbids: 'late', message: 'The policy loads nothing at run time.', severity: 'info' }
        : null,
  },
  {
    code: 'RELEASE_UNKNOWN',
    check: ({ host: { xen } }) =>
      xen !== null && nearestRelease(xen) === undefined
        ? {
            forbids: 'late',
            message: `Nothing is known of Xen ${JSON.stringify(xen.slice(0, 40))}.`,
          }
        : null,
  },
  {
    code: 'NO_RENDEZVOUS',
    check: ({ host: { xen } }) =>
      xen !== null && nearestRelease(xen) !== undefined && !hasRendezvous(xen)
        ? {
            forbids: 'late',
            message: `Xen ${xen} loads CPU by CPU while the others run: 4.13 was the first to stop them all.`,
          }
        : null,
  },
  {
    code: 'ARCHIVE',
    check: ({ source, host }) =>
      source.isArchive
        ? {
            forbids: 'late',
            message: `The file is an early cpio archive, which ${host.xen === null ? 'Linux' : 'Xen'} looks into at boot alone: at run time hand over the file inside it.`,
          }
        : null,
  },
  {
    code: 'MIXED_CPUS',
    check: ({ choices, update }) => {
      if (choices.length < 2) return null
      const names = choices.map(({ kind }) => `${kind.model} ${hex(kind.oldest.signature, 8)}`)
      const same = choices.every(({ selection }) => selection.update?.revision === update.revision)
      return {
        forbids: same ? null : 'late',
        message: `The host has CPUs of ${choices.length} kinds (${names.join(', ')}), and Xen loads on all what CPU 0 chose.`,
      }
    },
  },
  {
    code: 'MIXED_REVISIONS',
    check: ({ choices }) => {
      const mixed = choices.filter(({ kind }) => kind.revisions.length > 1)
      if (mixed.length === 0) return null
      const shown = mixed.flatMap(({ kind }) => kind.revisions.map((revision) => hex(revision)))
      return {
        forbids: null,
        message: `CPUs that are alike run different revisions: ${shown.join(', ')}.`,
      }
    },
  },
  {
    code: 'CPUS_NOT_ONLINE',
    check: ({ host: { cpus } }) => {
      const resting = cpus.flatMap((cpu, number) => (takesPart(cpu) ? [] : [number]))
      return resting.length === 0
        ? null
        : {
            forbids: null,
            message: `CPUs ${resting.join(', ')} are offline or parked: a late load does not reach them, they get it when they are brought up.`,
          }
    },
  },
  {
    code: 'THREADS_LEFT_OUT',
    check: ({ host, kind }) =>
      host.xen !== null &&
      hasRendezvous(host.xen) &&
      needsBothThreads(kind.oldest.signature) &&
      hasSiblings(host) &&
      !selectRelease(host.xen).rules.everyThreadOnAmd
        ? {
            forbids: 'late',
            message: `On this CPU both threads of a core must load, and Xen ${host.xen} loads on the first alone.`,
            source: 'Linux a32b0f0db3f3, Xen f1315e48a0',
          }
        : null,
  },
  {
    code: 'STRAY_NMIS',
    check: ({ kind }) =>
      needsBothThreads(kind.oldest.signature)
        ? {
            forbids: null,
            severity: 'info',
            message: 'A late load leaves one stray NMI per core in the log, which means nothing.',
          }
        : null,
  },
  {
    code: 'LATE_LEAVES_CPUS',
    check: ({ outcome, forced, update }) => {
      if (outcome === null || reachesAll(outcome, update.revision)) return null
      if (forced !== null && reachesAll(forced, update.revision)) return null
      const traps = outcome.traps.map(({ message }) => message)
      return {
        forbids: 'late',
        message:
          `The hypercall would return ${outcome.errno} and not bring every CPU to ${hex(update.revision)}. ${traps.join(' ')}`.trimEnd(),
      }
    },
  },
  {
    code: 'FORCE_NEEDED',
    check: (subject) =>
      needsForce(subject)
        ? { forbids: null, message: 'Only with the force flag would every CPU get it at run time.' }
        : null,
  },
  {
    code: 'LINUX_CHOOSES_ELSE',
    check: ({ host, source, kind, update }) => {
      if (host.xen !== null) return null
      const late = selectFrom([source], kind.oldest, chooserOf({ consumer: 'linux-late' }))
      return late.update?.revision === update.revision
        ? null
        : { forbids: 'late', message: `Linux would not load it at run time: ${late.reason}` }
    },
  },
  {
    code: 'RUNS_RECALLED',
    check: ({ choices }) => {
      const [bad] = choices.filter(({ kind }) =>
        kind.revisions.some((revision) => isRecalled(kind.model, revision)),
      )
      return bad === undefined
        ? null
        : {
            forbids: null,
            message: `${bad.kind.model} runs a revision that Intel recalled in 2018 (${bad.kind.revisions.map((one) => hex(one)).join(', ')}).`,
          }
    },
  },
  {
    code: 'RUNS_WITHDRAWN',
    check: ({ choices }) => {
      const rows = choices.flatMap(({ kind }) =>
        kind.revisions.map((revision) => withdrawn(kind.model, revision)),
      )
      const [row] = rows.filter((one) => one !== undefined)
      return row === undefined
        ? null
        : {
            forbids: null,
            message: `${row[1]} runs ${hex(row[2])}, which Intel's release ${row[0]} replaced by the older ${hex(row[3])}.`,
          }
    },
  },
  {
    code: 'NEWER_WITHOUT_DIGEST',
    check: ({ selection: { passedOver } }) => {
      const [newer] = passedOver.filter(({ why }) => why === 'no-digest' || why === 'other-digest')
      return newer === undefined
        ? null
        : {
            forbids: null,
            message: `Revision ${hex(newer.revision)} is newer and passed over, since Xen has no such digest and the firmware is not known to be safe from Entrysign: with new firmware it would be taken.`,
          }
    },
  },
  {
    code: 'FEATURES_IN_USE',
    check: ({ features, host }) => {
      const lost = features.flatMap((change) => change.lost)
      const groups = guestGroups(host).filter(({ features: used }) =>
        used.some((name) => lost.some((gone) => gone === name)),
      )
      const used = [
        ...new Set([...(host.featuresInUse ?? []), ...groups.flatMap((g) => g.features)]),
      ]
      const gone = lost.filter((name) => used.includes(name))
      if (gone.length === 0) return null
      const guests = groups.reduce((sum, { count }) => sum + count, 0)
      const who = guests === 0 ? 'Guests' : guests === 1 ? 'One guest' : `${guests} guests`
      return {
        forbids: null,
        message: `${who} here ${guests === 1 ? 'uses' : 'use'} ${[...new Set(gone)].join(', ')}, which the update takes: they can run on elsewhere, or must be shut down.`,
      }
    },
  },
]

function needsBothThreads(signature: number): boolean {
  const { family, model } = cpuSignature(signature)
  return BOTH_THREADS.some(([known, number]) => known === family && number === model)
}

function hasSiblings({ cpus, threadsPerCore = 1 }: PlanCase['host']): boolean {
  const cores = cpus.flatMap(({ core }) => (core === undefined ? [] : [core]))
  return threadsPerCore > 1 || new Set(cores).size < cores.length
}

/** Whether a load brings every CPU that is online to a revision, whatever it returns. */
export function reachesAll({ cpus }: LoadOutcome, revision: number): boolean {
  return cpus.every(({ online, after }) => !online || after === revision)
}

/** Whether a late load must be forced to reach all. */
export function needsForce({ outcome, forced, update }: PlanCase): boolean {
  return (
    outcome !== null &&
    forced !== null &&
    !reachesAll(outcome, update.revision) &&
    reachesAll(forced, update.revision)
  )
}

/** What is known of single updates: lists of vendors and distributions, what updates say of themselves, and what the caller says. */
import { hex } from '../bytes.js'
import {
  type Caveat,
  DEBIAN_NEVER_LATE,
  LARGE_CACHE,
  OLD_FIRMWARE,
  RECALLED,
  REPLACED_BY_OLDER,
  RHEL_CAVEATS,
  SHIPPED_WITH_CAVEATS,
} from '../generated/policy.js'
import { needsStep } from '../intel/select.js'
import type { PlanCase, PlanCheck, Said } from './case.js'
import type { PlanList, PlanRule } from './types.js'

/** Every check of an update, in the order of what it forbids. */
export const UPDATE_CHECKS: readonly PlanCheck[] = [
  {
    code: 'RECALLED',
    check: ({ kind, update }) =>
      isRecalled(kind.model, update.revision)
        ? {
            forbids: 'late and early',
            message: `Intel recalled ${hex(update.revision)} for ${kind.model} in 2018: machines restarted with it.`,
          }
        : null,
  },
  {
    code: 'WITHDRAWN',
    check: ({ kind, update }) => {
      const row = withdrawn(kind.model, update.revision)
      return row === undefined
        ? null
        : {
            forbids: 'late and early',
            message: `Intel's release ${row[0]} replaced ${hex(update.revision)} for ${kind.model} by the older ${hex(row[3])}.`,
          }
    },
  },
  {
    code: 'STEP_FIRST',
    check: ({ kind, update }) =>
      needsStep(kind.oldest, update.revision)
        ? {
            forbids: 'late and early',
            message: `${kind.model} needs a step between ${hex(kind.oldest.revision)} and ${hex(update.revision)}, which Linux passes over without it.`,
            source: 'Linux (GNR98)',
          }
        : null,
  },
  {
    code: 'FEATURES_CHANGE',
    check: ({ features, kind }) =>
      features.length === 0
        ? null
        : {
            forbids: 'late',
            message: `On ${kind.model} the update changes what CPUID says (${features.map(({ what }) => what).join('; ')}): programs that run would not notice.`,
            source: features.map(({ source }) => source).join('; '),
          },
  },
  {
    code: 'FEATURES_KEPT',
    check: ({ features, policy: { keepFeatures = [] } }) => {
      const lost = features.flatMap((change) => change.lost)
      const kept = lost.filter((name) => keepFeatures.includes(name))
      return kept.length === 0
        ? null
        : {
            forbids: 'late and early',
            message: `It would take ${kept.join(', ')}, which are to stay.`,
          }
    },
  },
  {
    code: 'DECLARED_UNSAFE',
    check: ({ selection, update, kind }) =>
      selection.lateLoad === 'declared-unsafe'
        ? {
            forbids: 'late',
            message: `The update declares itself safe at run time from ${hex(update.minRevision ?? 0)} on, and ${hex(kind.oldest.revision)} runs.`,
          }
        : null,
  },
  {
    code: 'NOT_DECLARED',
    check: ({ selection, policy: { late } }) =>
      selection.lateLoad === 'not-declared'
        ? {
            forbids: late === 'declared' ? 'late' : null,
            severity: late === 'declared' ? 'error' : 'info',
            message: 'The update does not say from which revision on it is safe at run time.',
          }
        : null,
  },
  {
    code: 'OLD_FIRMWARE',
    check: ({ host, kind, update }) => {
      const { models, below, what, source } = OLD_FIRMWARE
      if (!models.some((model) => model === kind.model)) return null
      const { firmwareRevision = kind.oldest.revision } = host
      if (firmwareRevision >= below) return null
      return {
        forbids: 'late',
        message: `Firmware with ${hex(firmwareRevision)} ${what} (${hex(update.revision)} is offered).`,
        source,
      }
    },
  },
  {
    code: 'LARGE_CACHE',
    check: ({ host, kind }) => {
      const { model, cachePerCore, below } = LARGE_CACHE
      if (kind.model !== model || kind.oldest.revision >= below) return null
      if (host.cachePerCore !== undefined && host.cachePerCore <= cachePerCore) return null
      const cache =
        host.cachePerCore === undefined ? 'an unknown last-level cache' : 'a large last-level cache'
      return {
        forbids: 'late',
        message: `With ${cache} a late load over ${hex(kind.oldest.revision)} may hang: from ${hex(below)} on it is safe, or with at most ${cachePerCore} bytes per core.`,
        source: 'Linux (BDX90)',
      }
    },
  },
  {
    code: 'NEVER_LATE_ON_DEBIAN',
    check: (subject) =>
      DEBIAN_NEVER_LATE.includes(subject.kind.model)
        ? {
            forbids: heeds(subject, 'debian') ? 'late' : null,
            message: `Debian never loads updates for ${subject.kind.model} at run time.`,
            source: 'Debian intel-microcode',
          }
        : null,
  },
  {
    code: 'NAMED_EARLY',
    check: ({ source }) =>
      source.name?.endsWith('.early') === true
        ? {
            forbids: 'late',
            message: `The name ${source.name} says that it is for boot alone.`,
            source: 'SUSE ucode-intel',
          }
        : null,
  },
  { code: 'RHEL_CAVEAT', check: rhelCaveat },
  {
    code: 'SHIPPED_WITH_CAVEATS',
    check: ({ kind, source }) => {
      const row = SHIPPED_WITH_CAVEATS.find(([model]) => model === kind.model)
      const apart = source.name?.includes('with-caveats') === true
      if (row === undefined && !apart) return null
      const why = row === undefined ? '' : `: ${row[1]}`
      return {
        forbids: null,
        message: `Intel ships updates for ${kind.model} apart from others${why}.`,
      }
    },
  },
  {
    code: 'PRE_PRODUCTION',
    check: ({ update }) =>
      update.vendor === 'Intel' && update.preProduction
        ? {
            forbids: null,
            message: `Revision ${hex(update.revision)} is not meant for production, and Xen takes such over every other.`,
          }
        : null,
  },
  {
    code: 'DENIED',
    check: ({ policy: { deny = [] }, kind, update }) => {
      const rule = deny.find((one) => isAbout(one, kind.model, update.revision))
      if (rule === undefined) return null
      const forbids = rule.when === 'ever' ? 'late and early' : 'late'
      return { forbids, message: rule.why ?? `A rule of the policy denies it (${describe(rule)}).` }
    },
  },
  {
    code: 'NOT_ALLOWED',
    check: ({ policy: { allow }, kind, update }) =>
      allow === undefined || allow.some((one) => isAbout(one, kind.model, update.revision))
        ? null
        : { forbids: 'late', message: 'No rule of the policy allows it at run time.' },
  },
]

/** Whether Intel recalled a revision. */
export function isRecalled(model: string, revision: number): boolean {
  return RECALLED.some(([name, recalled]) => name === model && recalled === revision)
}

/** The row of a revision that was replaced by an older one. */
export function withdrawn(
  model: string,
  revision: number,
): (typeof REPLACED_BY_OLDER)[number] | undefined {
  return REPLACED_BY_OLDER.find(([, name, gone]) => name === model && gone === revision)
}

function heeds({ policy: { lists } }: PlanCase, list: PlanList): boolean {
  return lists === undefined || lists.includes(list)
}

function isAbout({ model, revision }: PlanRule, name: string, offered: number): boolean {
  return (
    (model === undefined || name.startsWith(model)) &&
    (revision === undefined || revision >>> 0 === offered)
  )
}

function describe({ model = 'all models', revision }: PlanRule): string {
  return revision === undefined ? model : `${model}, ${hex(revision)}`
}

/** What RHEL says: revisions that hang are kept away; what it does not load by default is a warning, unless that is wanted. */
function rhelCaveat(subject: PlanCase): Said | null {
  const { kind, update, host, policy } = subject
  const row = RHEL_CAVEATS.find((caveat) => concerns(caveat, kind.model, update.revision))
  if (row === undefined) return null
  const elsewhere = row.biosVendor !== '' && host.biosVendor !== undefined
  if (elsewhere && host.biosVendor !== row.biosVendor) return null
  const known = row.biosVendor === '' || host.biosVendor === row.biosVendor
  const source = 'RHEL microcode_ctl'
  const message = `RHEL on ${kind.model}: ${row.text}.`
  if (!heeds(subject, 'rhel')) return { forbids: null, message, source }
  if (row.hangs && known) return { forbids: 'late and early', message, source }
  if (row.offByDefault) {
    const forbids = policy.rhelDefaults === true ? 'late and early' : 'late'
    return { forbids, message, source }
  }
  return { forbids: null, message, source, severity: row.hangs ? 'warning' : 'info' }
}

function concerns(row: Caveat, model: string, revision: number): boolean {
  if (!row.models.some((name) => model.startsWith(name))) return false
  if (row.revisions.length > 0) return row.revisions.includes(revision)
  return revision >= row.from && (row.below === 0 || revision < row.below)
}

/** Who may run where: every kind of guest before every kind of host, and the reasons by name. */
import {
  type Admission,
  type AdmitOptions,
  admitGuest,
  type GuestCpu,
  type HostSnapshot,
  type Reason,
} from '@xenlevel/core'
import type { ReportGuest, ReportMobility, ReportReason, ReportVerdict } from './types.js'

/** A guest; a {@link @xenlevel/core!FleetGuest} is one. */
export interface ReportedGuest extends GuestCpu {
  /** The host it runs on, where it runs. */
  readonly host?: string
  /** What its domain is created with, over the options' own. */
  readonly domain?: AdmitOptions['domain']
}

/** How guests are judged, and the columns of hosts by their names. */
interface Judging extends Pick<AdmitOptions, 'release' | 'domain'> {
  readonly columnOf: ReadonlyMap<string, number>
}

/** Guests that were promised the same. */
interface AlikeGuests {
  readonly guest: ReportedGuest
  readonly names: string[]
  readonly columns: Set<number>
}

/**
 * Judges guests before one host of each kind. What is said names neither the guest nor the host, as it holds for all that are alike.
 */
export function judgeGuests(
  guests: readonly ReportedGuest[],
  hosts: readonly HostSnapshot[],
  { columnOf, ...options }: Judging,
): ReportMobility {
  const judged = alikeGuests(guests, columnOf).map(({ guest, names, columns }, place) => {
    const domain = guest.domain ?? options.domain
    const answers = hosts.map((host) =>
      admitGuest(
        guest,
        { ...host, name: 'the host' },
        { ...options, ...(domain === undefined ? {} : { domain }) },
      ),
    )
    const runsOn = [...columns].sort((a, b) => a - b)
    return {
      guest: { names, kind: guest.kind, runsOn, cells: answers.map(cellOf).join('') },
      verdicts: verdictsOf(place, answers),
    }
  })
  return {
    guests: judged.map(({ guest }): ReportGuest => guest),
    verdicts: judged.flatMap(({ verdicts }) => verdicts),
  }
}

/** Guests that were promised the same are judged once. */
function alikeGuests(
  guests: readonly ReportedGuest[],
  columnOf: ReadonlyMap<string, number>,
): AlikeGuests[] {
  const kinds = new Map<string, AlikeGuests>()
  guests.forEach(({ name = '', ...guest }, place) => {
    const key = keyOf(guest)
    const alike: AlikeGuests = kinds.get(key) ?? { guest, names: [], columns: new Set() }
    kinds.set(key, alike)
    alike.names.push(name === '' ? `guest ${place + 1}` : name)
    const column = guest.host === undefined ? undefined : columnOf.get(guest.host)
    if (column !== undefined) alike.columns.add(column)
  })
  return [...kinds.values()]
}

/** All that an admission looks at. */
function keyOf(guest: ReportedGuest): string {
  const { kind, vendor, featureset, policy, records, running, memoryEnd, domain } = guest
  const promised = [kind, vendor, featureset, records, running, memoryEnd, domain]
  return JSON.stringify([promised, policy?.release, policy?.toRecords()], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

function cellOf({ admitted, reasons }: Admission): string {
  if (admitted) return reasons.length === 0 ? 'y' : 'd'
  return reasons.some(({ grade }) => grade === 'refused') ? 'n' : 'l'
}

/** Hosts that say the same for the same reasons, put together; those with nothing to say are left out. */
function verdictsOf(guest: number, answers: readonly Admission[]): ReportVerdict[] {
  const verdicts = new Map<string, ReportVerdict & { readonly columns: number[] }>()
  answers.forEach(({ admitted, judged, reasons, advice, levelTo: startAt }, column) => {
    if (reasons.length === 0) return
    const said = reasonsOf(reasons)
    const levelTo = startAt === null ? null : startAt.featureset.toString()
    const key = JSON.stringify([admitted, judged, said, advice, levelTo])
    const same = verdicts.get(key)
    if (same !== undefined) same.columns.push(column)
    else
      verdicts.set(key, {
        guest,
        columns: [column],
        admitted,
        judged,
        reasons: said,
        advice,
        levelTo,
      })
  })
  return [...verdicts.values()]
}

const GRADES: readonly Reason['grade'][] = ['refused', 'lost', 'degraded', 'cosmetic']

function reasonsOf(reasons: readonly Reason[]): ReportReason[] {
  const groups = new Map<string, { -readonly [Key in keyof ReportReason]: ReportReason[Key] }>()
  for (const { grade, code, feature, message } of reasons) {
    const key = `${grade} ${code}`
    const group = groups.get(key) ?? { grade, code, features: [], messages: [] }
    if (feature === undefined) group.messages = [...group.messages, message]
    else group.features = [...group.features, feature]
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => GRADES.indexOf(a.grade) - GRADES.indexOf(b.grade))
}

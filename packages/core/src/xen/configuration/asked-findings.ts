/** What will not be as the items of a configuration ask for: bits that Xen drops or keeps, and registers that asking resets. */
import type { FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import type { Change } from '../changes.js'
import type { ApplyTrace } from './apply-trace.js'
import { askedRegister, placeOfMsr } from './asked.js'
import type { ConfigFinding } from './finding.js'
import type { ItemPlaces } from './item-places.js'
import {
  bitsText,
  listText,
  nameOfBit,
  namesIn,
  placeOfFinding,
  placeText,
  type RegisterPlace,
} from './named-bits.js'
import { xlCpuidNames } from './names.js'
import { whyBit, whyFeature } from './reasons.js'
import { TEXT_REGISTERS, UNASKED } from './register-list.js'
import { isLimit, visiblePlace } from './visible.js'

/** A register that was asked for: its text, and where it is stored. */
interface AskedPlace {
  readonly place: RegisterPlace
  readonly text: string
  /** Where its word is in a policy. */
  readonly at: number
  /** The bits of it that a policy keeps. */
  readonly kept: number
}

/** What there is to say of the leaves and MSRs that Xen took. */
export function askedFindings(trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  return [
    ...leafPlaces(trace).flatMap((asked) => registerFindings(asked, trace, items)),
    ...msrPlaces(trace).flatMap((asked) => registerFindings(asked, trace, items)),
  ]
}

function leafPlaces({ stages, parsed, extent, rules, policy }: ApplyTrace): AskedPlace[] {
  if (!stages.some(({ purpose, clamped }) => purpose === 'leaves' && clamped !== null)) return []
  const words = CpuPolicy.peek(policy)
  return parsed.cpuid.flatMap((entry) => {
    const { leaf, subleaf } = entry
    // A leaf can be beyond the last one by now; where it is stored does not change.
    const first = stages[0]?.clamped?.policy
    const at = visiblePlace(
      first === undefined ? words : CpuPolicy.peek(first),
      leaf,
      subleaf,
      extent,
    )
    if (at < 0) return []
    return TEXT_REGISTERS.flatMap((register, offset): AskedPlace[] => {
      const text = entry[register] ?? (rules.leafByLeaf ? UNASKED : undefined)
      if (text === undefined || (isLimit(at) && offset > 0)) return []
      const kept = isLimit(at) ? 0xff : 0xffff_ffff
      return [{ place: { leaf, subleaf, register }, text, at: at + offset, kept }]
    })
  })
}

function msrPlaces({ stages, parsed, extent }: ApplyTrace): AskedPlace[] {
  if (!stages.some(({ purpose, clamped }) => purpose === 'msrs' && clamped !== null)) return []
  return parsed.msr.flatMap(({ index, policy }) => {
    const at = placeOfMsr(index, extent)
    if (at < 0) return []
    const half = (register: 'eax' | 'edx', start: number, offset: number): AskedPlace => ({
      place: { msr: index, register },
      text: policy.slice(start, start + 32),
      at: at + offset,
      kept: 0xffff_ffff,
    })
    return index === 0x10a ? [half('eax', 32, 0), half('edx', 0, 1)] : [half('eax', 32, 0)]
  })
}

function registerFindings(
  asked: AskedPlace,
  trace: ApplyTrace,
  items: ItemPlaces | null,
): ConfigFinding[] {
  const { place, text, at, kept } = asked
  const sources = {
    unasked: trace.unasked[at] ?? 0,
    host: CpuPolicy.peek(trace.options.host.host)[at] ?? 0,
  }
  const value = askedRegister(text, 0, sources)
  if (value === null) return []
  const purpose = 'msr' in place ? 'msrs' : 'leaves'
  const before = trace.stages.find((stage) => stage.purpose === purpose)?.before[at] ?? 0
  const got = CpuPolicy.peek(trace.policy)[at] ?? 0
  const open = maskOf(text)
  const missed = (value ^ got) & ~open
  const changes = trace.stages.flatMap(({ clamped }) => clamped?.changes ?? [])
  return [
    ...missedFindings({ place, value, missed: (missed & kept) >>> 0, changes, trace, items }),
    ...lostBits({ place, value, kept, text, items }),
    ...resetFindings({
      place,
      text,
      // What an item names with x is asked for: the default.
      reset:
        (sources.unasked ^ before) & open & (got ^ before) & kept & ~(items?.named(place) ?? 0),
      before,
      trace,
      items,
    }),
  ]
}

/** The bits that a text leaves open. */
function maskOf(text: string): number {
  let mask = 0
  for (let bit = 0; bit < 32; bit++) if (text[31 - bit] === 'x') mask |= 1 << bit
  return mask
}

interface Missed {
  readonly place: RegisterPlace
  readonly value: number
  readonly missed: number
  readonly changes: readonly Change[]
  readonly trace: ApplyTrace
  readonly items: ItemPlaces | null
}

/** Bits that are not as they were asked for. */
function missedFindings({ place, value, missed, changes, trace, items }: Missed): ConfigFinding[] {
  if (missed === 0) return []
  const { features, unnamed } = namesIn(missed, place, trace.features)
  const found: ConfigFinding[] = features.map((name) => {
    const bit = (trace.features.table.feature(name)?.bitInWord ?? 0) & 31
    const on = ((value >>> bit) & 1) === 1
    const item = items?.ofBits(place, 1 << bit)
    return {
      code: on ? 'feature-dropped' : 'feature-kept',
      severity: 'warning',
      message: on
        ? `The guest does not get ${name}: ${whyFeature(name, changes).text}.`
        : `The guest has ${name} all the same: ${whyKept(name, changes)}.`,
      features: [name],
      ...placeOfFinding(place),
      ...(item === undefined ? {} : { item }),
    }
  })
  for (const [why, mask] of byReason(
    unnamed,
    (bit) => whyBit(place, bit, changes, trace.features).text,
  )) {
    const item = items?.ofBits(place, mask)
    found.push({
      code: 'field-not-as-asked',
      severity: 'warning',
      message: `${placeText(place)}, ${bitsText(mask)}: 0x${((value & mask) >>> 0).toString(16)} is asked for, but ${why}.`,
      ...placeOfFinding(place),
      ...(item === undefined ? {} : { item }),
    })
  }
  return found
}

/** The bits of a mask, by the reason of each. */
function byReason(mask: number, why: (bit: number) => string): Map<string, number> {
  const masks = new Map<string, number>()
  for (let bit = 0; bit < 32; bit++) {
    if (((mask >>> bit) & 1) === 0) continue
    const reason = why(bit)
    masks.set(reason, ((masks.get(reason) ?? 0) | (1 << bit)) >>> 0)
  }
  return masks
}

function whyKept(name: FeatureName, changes: readonly Change[]): string {
  return changes.some(({ feature }) => feature === name)
    ? whyFeature(name, changes).text
    : 'Xen sets it for this guest'
}

/** Bits of a limit that are cut off. */
function lostBits({
  place,
  value,
  kept,
  text,
  items,
}: {
  readonly place: RegisterPlace
  readonly value: number
  readonly kept: number
  readonly text: string
  readonly items: ItemPlaces | null
}): ConfigFinding[] {
  const lost = (value & ~kept & ~maskOf(text)) >>> 0
  if (lost === 0) return []
  const item = items?.ofBits(place, lost)
  return [
    {
      code: 'field-not-as-asked',
      severity: 'warning',
      message: `${placeText(place)}: Xen keeps eight bits; ${bitsText(lost)} ${lost & (lost - 1) ? 'are' : 'is'} lost.`,
      ...placeOfFinding(place),
      ...(item === undefined ? {} : { item }),
    },
  ]
}

interface Reset {
  readonly place: RegisterPlace
  readonly text: string
  /** Bits that nobody asked for and that are not any more as they were. */
  readonly reset: number
  readonly before: number
  readonly trace: ApplyTrace
  readonly items: ItemPlaces | null
}

/** Asking for one bit of a register takes the others from the default, whatever the domain had of them. */
function resetFindings({ place, text, reset, before, trace, items }: Reset): ConfigFinding[] {
  if (reset === 0) return []
  const gained = namesIn(reset & ~before, place, trace.features)
  const lost = namesIn(reset & before, place, trace.features)
  const unnamed = (gained.unnamed | lost.unnamed) >>> 0
  const told = [
    gained.features.length === 0 ? '' : `it gets ${listText(gained.features)}`,
    lost.features.length === 0 ? '' : `it loses ${listText(lost.features)}`,
    unnamed === 0 ? '' : `${bitsText(unnamed)} ${unnamed & (unnamed - 1) ? 'change' : 'changes'}`,
  ].filter((part) => part !== '')
  const wanted = keptItems(place, reset, before, trace)
  const item = items?.ofBits(place, ~maskOf(text)) ?? items?.ofRegister(place)
  return [
    {
      code: 'register-reset',
      severity: 'warning',
      message: `Asking for bits of ${placeText(place)} takes all its others from the ${trace.rules.unasked} policy, and so undoes what the domain had: ${listText(told)}.${wanted === '' ? '' : ` To keep them, ask for them too: ${wanted}`}`,
      features: [...gained.features, ...lost.features],
      ...placeOfFinding(place),
      ...(wanted === '' ? {} : { suggestion: wanted }),
      ...(item === undefined ? {} : { item }),
    },
  ]
}

/** The items that would keep bits as they were. */
function keptItems(
  place: RegisterPlace,
  reset: number,
  before: number,
  { release, options }: ApplyTrace,
): string {
  if (options.language === 'xend') return ''
  const names = xlCpuidNames(release)
  const items: string[] = []
  for (let bit = 0; bit < 32; bit++) {
    if (((reset >>> bit) & 1) === 0) continue
    const name = nameOfBit(bit, place, names)
    if (name !== undefined) items.push(`${name}=${(before >>> bit) & 1}`)
  }
  return items.join(',')
}

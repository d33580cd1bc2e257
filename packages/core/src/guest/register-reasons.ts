/** Reasons that are neither features nor audited: what the guest has seen in other registers, and what it will find there. */
import { describeWordSource } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../policy/features.js'
import {
  basic,
  EAX,
  EBX,
  ECX,
  extended,
  feature,
  PLATFORM_INFO,
  REGISTERS,
  storedLeaves,
  XSTATE_LEAVES,
  xstate,
} from '../policy/layout.js'
import { isHvmKind } from './kind.js'
import type { Reason } from './reasons.js'
import type { Encounter } from './receiver.js'

/** Policy words between which registers change. */
export interface SeenAndGivenWords {
  /** What the guest has seen. */
  readonly seen: Uint32Array
  /** What it will find. */
  readonly given: Uint32Array
}

/** Reasons about everything that is no feature. */
export function registerReasons(
  words: SeenAndGivenWords,
  encounter: Encounter,
  featureWords: ReleaseFeatures,
): Reason[] {
  return [
    ...xstateReasons(words, encounter),
    ...addressWidthReason(words, encounter),
    ...cacheLineReason(words, encounter),
    ...otherReasons(words, encounter, featureWords),
  ]
}

/** What is in each xstate component, for people (Intel SDM volume 1, section 13.1; AMD APM volume 2, section 18.13). */
const COMPONENTS: Readonly<Record<number, string>> = {
  2: 'the upper halves of the YMM registers',
  3: 'the MPX bounds registers',
  4: 'the MPX configuration',
  5: 'the AVX-512 opmasks',
  6: 'the upper halves of ZMM0 to ZMM15',
  7: 'ZMM16 to ZMM31',
  9: 'the protection keys',
  17: 'the AMX tile configuration',
  18: 'the AMX tiles',
}

function xstateReasons({ seen, given }: SeenAndGivenWords, encounter: Encounter): Reason[] {
  const reasons: Reason[] = []
  for (let component = 2; component < XSTATE_LEAVES; component++) {
    const at = xstate(component)
    const size = seen[at + EAX] ?? 0
    if (size === 0) continue
    const same = [EAX, EBX, ECX].every((register) => seen[at + register] === given[at + register])
    if (!same)
      reasons.push(
        (given[at + EAX] ?? 0) === 0
          ? componentMissing(component, encounter)
          : componentMoved(component, { seen, given }, encounter),
      )
  }
  return reasons
}

function componentMissing(component: number, { guest, guestName, host }: Encounter): Reason {
  const running = guest.running ?? true
  const what = COMPONENTS[component] ?? 'its registers'
  return {
    code: 'xstate-missing',
    grade: running ? 'refused' : 'lost',
    message: running
      ? `${guestName} may have switched on xstate component ${component} (${what}), which ${host} does not give: Xen refuses the state of a vCPU that has.`
      : `${guestName} was promised xstate component ${component} (${what}), which ${host} does not give.`,
    host,
    leaf: 0xd,
    subleaf: component,
  }
}

function componentMoved(
  component: number,
  { seen, given }: SeenAndGivenWords,
  { guestName, host }: Encounter,
): Reason {
  const at = xstate(component)
  const layout = (words: Uint32Array) => `${words[at + EAX]} bytes at ${words[at + EBX]}`
  const what = COMPONENTS[component] ?? 'its registers'
  return {
    code: 'xstate-layout',
    grade: 'lost',
    message: `${guestName} keeps xstate component ${component} (${what}) as ${layout(seen)} of its XSAVE areas and ${host} as ${layout(given)}${seen[at + ECX] === given[at + ECX] ? '' : ', aligned otherwise'}: areas of the guest that hold it are read wrongly.`,
    host,
    leaf: 0xd,
    subleaf: component,
  }
}

function addressWidthReason({ seen, given }: SeenAndGivenWords, encounter: Encounter): Reason[] {
  const at = extended(8) + EAX
  const [wide, narrow] = [(seen[at] ?? 0) & 0xff, (given[at] ?? 0) & 0xff]
  if (wide === 0 || wide === narrow) return []
  const { guest, guestName, host } = encounter
  const about = { host, leaf: 0x8000_0008, subleaf: null, seen: wide, given: narrow }
  const what = `${guestName} has seen physical addresses of ${wide} bits and ${host} gives it ${narrow}`
  if (narrow > wide || !isHvmKind(guest.kind))
    return [
      {
        code: 'address-width',
        grade: 'cosmetic',
        message: `${what}: ${narrow > wide ? 'all it knows still holds' : 'a PV guest has its page tables checked by Xen'}.`,
        ...about,
      },
    ]
  const fits = guest.memoryEnd === undefined || guest.memoryEnd <= 1n << BigInt(narrow)
  return [
    {
      code: 'address-width',
      grade: fits ? 'degraded' : 'lost',
      message: fits
        ? `${what}: page-table entries with the bits between are reserved there${guest.memoryEnd === undefined ? '. It does no harm unless memory or devices of the guest lie so high: say where its memory ends' : ', but its memory ends below'}.`
        : `${what}, and its memory ends at 0x${(guest.memoryEnd ?? 0n).toString(16)}: what lies above is out of reach.`,
      ...about,
    },
  ]
}

function cacheLineReason({ seen, given }: SeenAndGivenWords, encounter: Encounter): Reason[] {
  const at = basic(1) + EBX
  const bytes = (words: Uint32Array) => (((words[at] ?? 0) >>> 8) & 0xff) * 8
  const [before, after] = [bytes(seen), bytes(given)]
  if (before === 0 || before === after) return []
  const { guestName, host } = encounter
  return [
    {
      code: 'cache-line-size',
      grade: after < before ? 'lost' : 'cosmetic',
      message: `${guestName} flushes cache lines of ${before} bytes and ${host} has lines of ${after}: ${after < before ? 'it misses some' : 'it flushes more often than it needs to'}.`,
      host,
      leaf: 1,
      subleaf: null,
      seen: before,
      given: after,
    },
  ]
}

/** The bits of a register that have no reason of their own. */
function rest(at: number): number {
  switch (at) {
    case basic(0) + EAX:
    case feature(0) + EAX:
    case extended(0) + EAX:
      return 0
    case basic(1) + EBX:
      return ~0xff00
    case extended(8) + EAX:
      return ~0xffff
    default:
      return at >= xstate(0) && at < xstate(XSTATE_LEAVES) ? 0 : -1
  }
}

function otherReasons(
  { seen, given }: SeenAndGivenWords,
  { guestName, host }: Encounter,
  featureWords: ReleaseFeatures,
): Reason[] {
  const places = new Set<number>()
  for (let at = 0; at < PLATFORM_INFO; at++) {
    if (seen[at] === given[at] || featureWords.isWord(at)) continue
    if ((((seen[at] ?? 0) ^ (given[at] ?? 0)) & rest(at)) !== 0) places.add(at)
  }
  if (places.size === 0) return []
  const reasons: Reason[] = []
  for (const { leaf, subleaf, at } of storedLeaves()) {
    const changed = REGISTERS.filter((_, register) => places.has(at + register))
    if (changed.length === 0) continue
    const counters = leaf === 0xa && given[at + EAX] === 0
    const registers = changed
      .map((register) => describeWordSource({ leaf, subleaf, register }))
      .join(', ')
    reasons.push({
      code: counters ? 'performance-counters' : 'register-changed',
      grade: counters ? 'degraded' : 'cosmetic',
      message: counters
        ? `${guestName} has seen performance counters (leaf 0xa) and ${host} gives it none: profiling stops working.`
        : `${guestName} will see other values in ${registers} on ${host}.`,
      host,
      leaf,
      subleaf,
    })
  }
  return reasons
}

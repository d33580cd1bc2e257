/** XEN_SYSCTL_get_cpu_featureset, and XEN_SYSCTL_get_cpu_levelling_caps beside it. */
import type { FeaturesetKind } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { ERRNOS } from '../abi/errnos.js'
import { OPERATIONS } from '../abi/operations.js'
import { answered, type HypercallDoor, nonsense } from '../hypercall.js'

/** The featuresets by Xen's numbers (xen/include/public/sysctl.h, XEN_SYSCTL_cpu_featureset_raw and on). */
const FEATURESET_INDEX: Readonly<Record<FeaturesetKind, number>> = {
  raw: 0,
  host: 1,
  pvDefault: 2,
  hvmDefault: 3,
  pvMax: 4,
  hvmMax: 5,
}

/** Far more words than any release has; 4.22 has 19. */
const MOST_WORDS = 1024

/** How often a size is asked for again when it was too small. It changes when Xen is patched live, if ever. */
export const RETRIES = 8

/** How many words a featureset has; Xen answers that for every number. */
export function askFeaturesetWords(door: HypercallDoor): number {
  const { featureset } = OPERATIONS
  const { abi } = door
  const op = door.begin(featureset)
  answered(featureset.name, door.issue(featureset))
  const words = op.get(abi.at('xen_sysctl_cpu_featureset.nr_features'))
  if (words > MOST_WORDS) throw nonsense(featureset.name, `a featureset of ${words} words`)
  return words
}

/**
 * Tries to read a featureset into room for some words.
 *
 * @returns the number of words, which {@link HypercallDoor.take} then gives, or the errno as a negative number.
 */
export function tryFeatureset(door: HypercallDoor, which: FeaturesetKind, room: number): number {
  const { featureset } = OPERATIONS
  const { abi } = door
  const op = door
    .begin(featureset, room * 4)
    .set(abi.at('xen_sysctl_cpu_featureset.index'), FEATURESET_INDEX[which])
    .set(abi.at('xen_sysctl_cpu_featureset.nr_features'), room)
    .point(abi.at('xen_sysctl_cpu_featureset.features'))
  const result = door.issue(featureset)
  return result < 0 ? result : op.get(abi.at('xen_sysctl_cpu_featureset.nr_features'))
}

/**
 * A featureset, in as many words as this Xen has.
 *
 * @param words - how many that is, where it is known already.
 */
export function readFeatureset(
  door: HypercallDoor,
  which: FeaturesetKind,
  words: number = askFeaturesetWords(door),
): Featureset {
  const { name } = OPERATIONS.featureset
  let room = words
  for (let retries = RETRIES; ; retries--) {
    const count = tryFeatureset(door, which, room)
    if (count !== -ERRNOS.ENOBUFS || retries === 0) {
      answered(name, count, { featureset: which, words: room })
      if (count > room) throw nonsense(name, `${count} words in room for ${room}`)
      return Featureset.fromWords(wordsOf(door.take(count * 4)))
    }
    room = askFeaturesetWords(door)
  }
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, word) => view.getUint32(word * 4, true))
}

/** The levelling capabilities as bits, or the errno as a negative number. */
export function tryLevellingCaps(door: HypercallDoor): number {
  const { levellingCaps } = OPERATIONS
  const op = door.begin(levellingCaps)
  const result = door.issue(levellingCaps)
  return result < 0 ? result : op.get(door.abi.at('xen_sysctl_cpu_levelling_caps.caps'))
}

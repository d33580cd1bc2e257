/** Whose CPU a level says it is. */
import { cpuSignature } from '@xenlevel/cpuid'
import { basic, EAX } from '../../policy/layout.js'

const SIGNATURE = basic(1) + EAX

/**
 * Which of two policies is of the older CPU: negative if the first is; zero only for equal words.
 *
 * By family, model and stepping as Xen counts them, so that software which chooses code or workarounds by model chooses for the oldest CPU of
 * the pool. Family 15, NetBurst and K8, is older than every other family on which releases with policies run. Of the same CPU, the one with
 * the lesser words: no order of hosts decides.
 */
export function compareIdentities(a: Uint32Array, b: Uint32Array): number {
  if (a[SIGNATURE] !== b[SIGNATURE]) {
    const [first, second] = [cpuSignature(a[SIGNATURE] ?? 0), cpuSignature(b[SIGNATURE] ?? 0)]
    const older =
      age(first.family) - age(second.family) ||
      first.model - second.model ||
      first.stepping - second.stepping
    if (older !== 0) return older
  }
  for (let at = 0; at < a.length; at++) {
    const [first, second] = [a[at] ?? 0, b[at] ?? 0]
    if (first !== second) return first - second
  }
  return 0
}

function age(family: number): number {
  return family === 15 ? 0 : family
}

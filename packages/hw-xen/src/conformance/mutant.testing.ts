/** A hypervisor that breaks a promise: how it is made. */
import { HypercallError, type Hypervisor } from '@xenlevel/core'

/** Calls of which the mutant's differ. */
type Broken = Partial<Hypervisor>

/** One broken promise. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string
  /** Names of the cases that notice. */
  readonly noticedBy: readonly string[]
  /** What it does instead. */
  readonly broken: (xen: Hypervisor) => Broken
  /** The host on which it shows; an EPYC under 4.20.3 if it is not said. */
  readonly on?: 'without HVM' | 'before 4.18'
}

/** The hypervisor with some of its calls replaced. */
export function mutate(xen: Hypervisor, broken: Broken): Hypervisor {
  return new Proxy(xen, {
    get(target, key) {
      const own: unknown = Reflect.get(broken, key)
      const value: unknown = own === undefined ? Reflect.get(target, key, target) : own
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Xen's word against a call. */
export const refusal = (errno: string) =>
  new HypercallError({ operation: 'a call', errno, meaning: 'it is a mutant.' })

/** One answer for all times, which a caller might write to. */
export const kept = <Answer>(make: () => Answer) => {
  const answer = make()
  return () => answer
}

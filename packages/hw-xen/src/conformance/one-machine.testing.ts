/** Several hypervisors of one machine. */
import { type Hypervisor, HypervisorClosedError } from '@xenlevel/core'
import { refusal } from './mutant.testing.js'

/** What is wrong with a machine that several hypervisors speak for. */
export interface MachineFault {
  /** close() of one closes all. */
  readonly closesAll?: boolean
  /** close() of one destroys its domains. */
  readonly destroys?: boolean
  /** Can be opened once. */
  readonly once?: boolean
}

/** Opens hypervisors of one machine, as those of one dom0 are. */
export function oneMachine(xen: Hypervisor, fault: MachineFault = {}): () => Hypervisor {
  let closedAll = false
  let opened = 0
  return () => {
    if (fault.once === true && opened++ > 0) throw refusal('EBUSY')
    let closed = false
    const domains: number[] = []
    const close = () => {
      if (fault.destroys === true) for (const domid of domains.splice(0)) xen.destroyDomain(domid)
      closed = true
      closedAll = fault.closesAll === true
    }
    const createDomain: Hypervisor['createDomain'] = (domain) => {
      const domid = xen.createDomain(domain)
      domains.push(domid)
      return domid
    }
    return new Proxy(xen, {
      get(target, key) {
        if (key === 'close') return close
        const value: unknown =
          key === 'createDomain' ? createDomain : Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...given: unknown[]): unknown => {
          if (closed || closedAll) throw new HypervisorClosedError(String(key))
          return Reflect.apply(value, target, given)
        }
      },
    })
  }
}

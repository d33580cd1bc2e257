/** Results are the caller's own: whatever is done to them, the next answer is Xen's. */
import { CpuPolicy, type Hypervisor } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { demand, textOf } from './expect.js'
import type { Guarantee } from './types.js'

/** Calls whose results are looked at. */
const ANSWERS: Readonly<Record<string, (xen: Hypervisor) => unknown>> = {
  lacks: (xen) => xen.lacks,
  'version()': (xen) => xen.version(),
  "featureset('host')": (xen) => xen.featureset('host'),
  "policy('host')": (xen) => xen.policy('host').toRecords(),
  'policies()': (xen) => xen.policies(),
  'physinfo()': (xen) => xen.physinfo(),
  'hwCap of physinfo()': (xen) => xen.physinfo().hwCap,
  'cpus()': (xen) => xen.cpus(),
  'snapshot()': (xen) => xen.snapshot(),
}

/** Guarantees about what is returned. */
export const FRESH: readonly Guarantee[] = [
  ...Object.entries(ANSWERS).map(
    ([name, ask]): Guarantee => ({
      name: `${name} is fresh or frozen`,
      check(bench) {
        const xen = bench.open()
        const first = ask(xen)
        const before = lasting(first)
        spoil(first)
        const after = lasting(ask(xen))
        demand(before === after, `${name} is another after its last result was written to.`, {
          before,
          after,
        })
      },
    }),
  ),
  {
    name: 'records of a domain are fresh, and what is set is copied',
    check(bench) {
      for (const { xen, domid, domain } of bench.domains()) {
        const records = xen.domainPolicy(domid)
        const before = textOf(records)
        spoil(records)
        demand(textOf(xen.domainPolicy(domid)) === before, `The ${domain.kind} domain is another.`)
        const update = xen.domainPolicy(domid)
        xen.setDomainPolicy(domid, update)
        demand(textOf(update) === before, 'setDomainPolicy() writes to what it was given.')
        spoil(update)
        demand(textOf(xen.domainPolicy(domid)) === before, `The ${domain.kind} domain is another.`)
      }
    },
  },
]

/** An answer as text, without free memory, which changes by itself. */
function lasting(value: unknown): string {
  return textOf(value).replace(/"freePages":"\d+n"/, '"freePages":0')
}

/** Writes over everything that can be written to. Policies and featuresets guard themselves. */
function spoil(value: unknown): void {
  if (value === null || typeof value !== 'object') return
  if (value instanceof CpuPolicy || value instanceof Featureset) return
  for (const key of Object.keys(value)) {
    const part: unknown = Reflect.get(value, key)
    spoil(part)
    Reflect.set(value, key, typeof part === 'number' ? part + 1 : null)
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.length = 0
}

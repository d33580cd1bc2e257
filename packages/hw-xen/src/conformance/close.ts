/** The end: close() gives back, and what comes after it is an error. */
import { type Hypervisor, HypervisorClosedError } from '@xenlevel/core'
import { demand, demandError, demandRejection, demandSame } from './expect.js'
import type { Guarantee } from './types.js'

/** Every call, with arguments that an open hypervisor could be given. */
const CALLS: Readonly<
  Record<
    Exclude<keyof Hypervisor, 'release' | 'lacks' | 'close' | 'updateMicrocode'>,
    (xen: Hypervisor) => unknown
  >
> = {
  version: (xen) => xen.version(),
  featureset: (xen) => xen.featureset('host'),
  policy: (xen) => xen.policy('host'),
  policies: (xen) => xen.policies(),
  levellingCaps: (xen) => xen.levellingCaps(),
  physinfo: (xen) => xen.physinfo(),
  cpus: (xen) => xen.cpus(),
  microcodeRevision: (xen) => xen.microcodeRevision(0),
  createDomain: (xen) => xen.createDomain({ kind: 'pv' }),
  destroyDomain: (xen) => xen.destroyDomain(1),
  domainPolicy: (xen) => xen.domainPolicy(1),
  setDomainPolicy: (xen) => xen.setDomainPolicy(1, {}),
  snapshot: (xen) => xen.snapshot(),
}

/** Bytes that no CPU takes. */
const NO_MICROCODE = 4096

/** How long an update of nothing may take, in milliseconds. */
const PATIENCE = 60_000

/** Guarantees about close(). */
export const CLOSE: readonly Guarantee[] = [
  {
    name: 'close() can be called again',
    check(bench) {
      const xen = bench.open()
      for (const time of ['first', 'second', 'third'] as const) {
        try {
          xen.close()
        } catch (error) {
          demand(false, `The ${time} close() throws ${String(error)}.`)
        }
      }
    },
  },
  ...Object.entries(CALLS).map(
    ([name, call]): Guarantee => ({
      name: `${name}() after close() is a HypervisorClosedError`,
      check(bench) {
        const xen = bench.open()
        xen.close()
        const error = demandError(() => call(xen), HypervisorClosedError, `${name}()`)
        demandSame(error.code, 'HYPERVISOR_CLOSED', 'Its code')
      },
    }),
  ),
  {
    name: 'updateMicrocode() after close() is a HypervisorClosedError',
    async check(bench) {
      const xen = bench.open()
      xen.close()
      const update = () => xen.updateMicrocode(new Uint8Array(NO_MICROCODE))
      await demandRejection(update, HypervisorClosedError, 'updateMicrocode()')
    },
  },
  {
    name: 'release and lacks are still there after close()',
    check(bench) {
      const xen = bench.open()
      const before = { release: xen.release, lacks: [...xen.lacks] }
      xen.close()
      demandSame({ release: xen.release, lacks: [...xen.lacks] }, before, 'What is left')
    },
  },
  {
    name: 'close() of one leaves another open',
    check(bench) {
      const [one, other] = [bench.open(), bench.open()]
      const before = other.featureset('host').toString()
      one.close()
      demandSame(other.featureset('host').toString(), before, 'The host featureset of the other')
    },
  },
  {
    name: 'one can be opened again after close()',
    check(bench) {
      const xen = bench.open()
      const before = xen.featureset('host').toString()
      xen.close()
      demandSame(bench.open().featureset('host').toString(), before, 'The host featureset')
    },
  },
  {
    name: 'close() is safe while an update is on its way: the update comes to an end',
    async check(bench) {
      if (bench.options.microcode === false) return bench.skip('no microcode may be given to it')
      const xen = bench.open()
      const update = xen.updateMicrocode(new Uint8Array(NO_MICROCODE)).then(
        ({ errno }) => errno,
        (error: unknown) => error,
      )
      xen.close()
      const end = await within(update, PATIENCE)
      demand(end !== TOO_LATE, `The update has no end ${PATIENCE / 1000} seconds after close().`)
      demand(
        typeof end === 'string' || end instanceof HypervisorClosedError,
        `The update ends with ${String(end)}; it should be Xen's answer, or a HypervisorClosedError.`,
      )
      demand(end !== 'OK', 'The update of nothing is OK.')
      demandError(() => xen.version(), HypervisorClosedError, 'version() after it')
    },
  },
]

const TOO_LATE = Symbol('too late')

async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | typeof TOO_LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<typeof TOO_LATE>((resolve) => {
    timer = setTimeout(() => resolve(TOO_LATE), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

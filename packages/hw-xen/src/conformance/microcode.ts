/** Loading microcode that no CPU takes: the errno is Xen's, and nothing is loaded. */
import type { Hypervisor } from '@xenlevel/core'
import { encodeAmdContainer, type LateLoadHost, predictOutcome } from '@xenlevel/microcode'
import { demand, demandSame } from './expect.js'
import { noIntelUpdate } from './no-update.js'
import type { Guarantee } from './types.js'

/** Files that fit no CPU, each with how it is made. */
const FILES: Readonly<Record<string, () => Uint8Array>> = {
  'an empty file': () => new Uint8Array(0),
  'four bytes': () => new Uint8Array(4),
  zeros: () => new Uint8Array(4096),
  garbage: () => Uint8Array.from({ length: 4096 }, (_, at) => (at * 37 + 11) & 0xff),
  'an Intel update for another CPU': () => noIntelUpdate({ sound: true }),
  'an Intel update whose checksum is wrong': () => noIntelUpdate({ sound: false }),
  'an AMD container without an update': () =>
    encodeAmdContainer({ patches: [], equivalences: [NO_EQUIVALENCE] }),
  'the beginning of an AMD container': () => Uint8Array.of(0x44, 0x4d, 0x41, 0),
}

/** A CPU that was never made. */
const NO_EQUIVALENCE = { signature: 0x0ff0_0fff, equivalenceId: 0xffff }

/** What foresees: the CPUs as they are; what Xen does not tell decides nothing where no file fits. */
function hostOf(xen: Hypervisor): LateLoadHost | null {
  const cpus = xen.cpus()
  const vendor = cpus.find(({ online }) => online)?.vendor
  if (vendor !== 'Intel' && vendor !== 'AMD') return null
  return {
    xen: xen.release,
    threadsPerCore: xen.physinfo().threadsPerCore,
    cpus: cpus.map(({ signature, platformId, microcodeRevision, online }) => ({
      vendor,
      signature,
      platformId: platformId ?? 0,
      revision: microcodeRevision ?? 0,
      online,
    })),
  }
}

/** What of the CPUs an update may not change. */
const loaded = (xen: Hypervisor) => xen.cpus()

/** Guarantees about updateMicrocode(). */
export const MICROCODE: readonly Guarantee[] = [
  ...Object.entries(FILES).map(
    ([name, make]): Guarantee => ({
      name: `${name}, given as microcode, is the errno that predictOutcome foresees`,
      async check(bench) {
        if (bench.options.microcode === false) return bench.skip('no microcode may be given to it')
        const xen = bench.open()
        const host = hostOf(xen)
        if (host === null) return bench.skip('Xen loads no microcode on these CPUs')
        const before = loaded(xen)
        // The call without flags is what every release has.
        const foreseen = predictOutcome(host, make(), { call: 'microcode_update' })
        const answer = await xen.updateMicrocode(make())
        demandSame(answer.errno, foreseen.errno, 'The errno')
        demandSame(answer.cpus, before, 'The CPUs of the answer')
        demandSame(loaded(xen), before, 'The CPUs afterwards')
      },
    }),
  ),
  {
    name: 'microcode is copied before updateMicrocode() returns, and left as it was',
    async check(bench) {
      if (bench.options.microcode === false) return bench.skip('no microcode may be given to it')
      const xen = bench.open()
      const host = hostOf(xen)
      if (host === null) return bench.skip('Xen loads no microcode on these CPUs')
      const errnoOf = (bytes: Uint8Array) =>
        predictOutcome(host, bytes, { call: 'microcode_update' }).errno
      // A file whose answer tells it from the same number of zeros.
      const file = Object.values(FILES)
        .map((make) => make())
        .find((bytes) => errnoOf(bytes) !== errnoOf(new Uint8Array(bytes.length)))
      if (file === undefined) return bench.skip('no such file is told from zeros on these CPUs')
      const wanted = errnoOf(file)
      const copy = file.slice()
      const answer = xen.updateMicrocode(file)
      demand(
        file.every((byte, at) => byte === copy[at]),
        'updateMicrocode() changes the bytes that it was given.',
      )
      file.fill(0)
      demandSame((await answer).errno, wanted, 'The errno of bytes that were overwritten since')
    },
  },
]

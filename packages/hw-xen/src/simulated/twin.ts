/** A simulated twin of a host of which there is a snapshot. */
import type { HostSnapshot } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import type { SimulatedXenOptions } from './options.js'

/**
 * What a twin is built from.
 *
 * @throws XenlevelError `SIMULATED_SNAPSHOT` for a snapshot without a Xen or without the raw policy: the CPU itself is not in it then.
 */
export function twinOptions(snapshot: HostSnapshot): SimulatedXenOptions {
  const { name, xen, policies, featuresets, cpu } = snapshot
  const raw = policies?.raw
  if (xen === null || raw === undefined) {
    throw new XenlevelError({
      code: 'SIMULATED_SNAPSHOT',
      message: `The snapshot of ${JSON.stringify(name)} has no ${xen === null ? 'Xen' : 'raw policy'}: take one of a running Xen with snapshot(), or give raw and release by hand.`,
      details: { name },
    })
  }
  const { host } = featuresets
  return {
    name,
    raw,
    release: xen.release,
    hvm: xen.hvm,
    hap: xen.hap,
    ...(xen.commandLine !== undefined && { commandLine: xen.commandLine }),
    ...(xen.pv32 !== undefined && { pv32: xen.pv32 }),
    ...(host !== undefined && { hostFeatureset: host }),
    ...(cpu.microcodeRevision !== null && { microcodeRevision: cpu.microcodeRevision }),
  }
}

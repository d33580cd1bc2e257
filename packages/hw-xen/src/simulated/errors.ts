/** What a simulated Xen refuses, in the words that the binding to a running one has for it. */
import { HypercallError, HypervisorLacksError, type OptionalCall } from '@xenlevel/core'
import { meaningOf } from '../abi/meanings.js'
import type { OperationName } from '../abi/operations.js'

/** Ends of a machine that no Xen answers, because it is gone. */
const ENDS: Readonly<Record<string, string>> = {
  PANIC:
    'a CPU did not come back from loading microcode, and Xen has stopped the machine; nothing answers until it is started again',
  HANG: 'a CPU did not come back from loading microcode, and all others wait for it; nothing answers until the machine is started again',
}

/** A refusal. */
export function refusal(
  operation: OperationName,
  errno: string,
  asked: Readonly<Record<string, unknown>> = {},
): HypercallError {
  const meaning = `${ENDS[errno] ?? meaningOf(operation, errno)}.`
  return new HypercallError({ operation, errno, asked, meaning })
}

/** Calls that not every Xen has, with what a domain can be asked for and what to do instead. */
const LACKED: Readonly<Record<OptionalCall | 'createDomain nestedVirt', string>> = {
  'featureset pvMax': 'take the featureset of policy("pvMax")',
  'featureset hvmMax': 'take the featureset of policy("hvmMax")',
  levellingCaps: 'core’s levellingCaps() foresees them from the raw policy',
  microcodeRevision: 'dom0 can read MSR 0x8b on each of its CPUs',
  'updateMicrocode force': 'load without force, or start the host with the microcode',
  'createDomain nestedVirt': 'that came with 4.15; leave nestedVirt out',
}

/** A call that a release does not have. */
export function lacking(call: keyof typeof LACKED, release: string): HypervisorLacksError {
  return new HypervisorLacksError({
    code: 'HYPERVISOR_LACKS',
    message: `Xen ${release} does not have "${call}": ${LACKED[call]}.`,
    details: { call, release },
  })
}

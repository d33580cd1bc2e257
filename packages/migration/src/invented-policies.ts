/** What a receiver gives a guest whose image does not say what it had (tools/libs/light/libxl_create.c, static_data_done). */
import type { Finding } from '@xenlevel/core'

/** What a receiver knows of the guest otherwise. */
export interface KnownGuest {
  /** Its kind, as the stream has it. */
  readonly kind: 'pv' | 'hvm'
  /** Whether the image says its features outside the stream, as xenopsd's metadata does. */
  readonly featureset: boolean
}

/** What is brought back for guests of each kind that may have used it: up to 4.13 it was in every default policy. */
const BROUGHT_BACK = { pv: 'RDRAND, HLE and RTM', hvm: 'RDRAND, HLE, RTM and MPX' } as const

/** What then decides on features. */
const DECIDES = {
  config: "what the configuration's cpuid= asks for. Find out from the sender what the guest had",
  featureset: "the featureset in xenopsd's metadata, as far as the host has it",
} as const

/** The findings on what is missing. */
const INVENTED = {
  CPUID: ({ kind, featureset }: KnownGuest): Finding => ({
    code: 'CPUID_POLICY_INVENTED',
    severity: 'warning',
    message: `The image does not say which CPU the guest has seen. The receiver invents one: the default ${kind.toUpperCase()} policy of its own host, with ${BROUGHT_BACK[kind]} brought back where the host has them, leaves up to 0xd, sub-leaves of leaf 7 up to 2 and extended leaves up to 0x80000021, then ${DECIDES[featureset ? 'featureset' : 'config']}.`,
  }),
  MSR: (): Finding => ({
    code: 'MSR_POLICY_INVENTED',
    severity: 'info',
    message:
      'The image does not say which MSRs the guest has seen: it gets the default ones of the receiver.',
  }),
} as const

/** What the receiver makes up for a policy that is not there. */
export function inventedFor(missing: 'CPUID' | 'MSR', guest: KnownGuest): Finding {
  return INVENTED[missing](guest)
}

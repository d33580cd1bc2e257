/** From a configuration to what a domain has: the way back, by which everything that is written is proved. */
import type { DomainOptions } from '../../xen/clamp.js'
import { type ApplyConfigResult, applyConfig } from '../../xen/configuration/apply.js'
import type { ApplyConfigOptions } from '../../xen/configuration/apply-trace.js'
import type { HostPolicies } from '../../xen/derive.js'

/** Which domain a configuration is for, on which host. */
export interface EmitOptions {
  /** The host's policies. */
  readonly host: HostPolicies
  /** The domain. */
  readonly domain: DomainOptions
  /** The release whose toolstack reads the configuration; that of the host by default. */
  readonly release?: string
  /** `pae=` of an HVM guest; true by default, as in xl. */
  readonly pae?: boolean
  /** Whether libxl gives the guest ITSC, as it does with `nomigrate=1` or `tsc_mode="always_emulate"`; false by default. */
  readonly itsc?: boolean
}

/** What the domain has with a configuration; with none by default. */
export function configured(
  { host, domain, release, pae, itsc }: EmitOptions,
  asked: Pick<ApplyConfigOptions, 'cpuid' | 'language' | 'featureset'> = {},
): ApplyConfigResult {
  return applyConfig({
    host,
    domain,
    ...(release === undefined ? {} : { release }),
    ...(pae === undefined ? {} : { pae }),
    ...(itsc === undefined ? {} : { itsc }),
    ...asked,
  })
}

/** Groups as a document holds them: short where all hosts of a group are alike. */
import type { Featureset } from '@xenlevel/cpuid'
import type { GroupOffer, OfferGroup, Span } from './host-group.js'

/** What a document holds of a group. */
export function groupDocument({ traits, hosts, pv, hvm, pending }: OfferGroup): object {
  const { unnamed, ...rest } = traits
  return {
    ...hosts,
    ...rest,
    ...(unnamed.length === 0 ? {} : { unnamed }),
    ...(pv === null ? {} : { pv: offerDocument(pv) }),
    ...(hvm === null ? {} : { hvm: offerDocument(hvm) }),
    ...(pending === null ? {} : { pending }),
  }
}

function offerDocument({ default: forBoot, max, mixed }: GroupOffer): object {
  return {
    default: spanDocument(forBoot),
    max: spanDocument(max),
    ...(mixed.length === 0 ? {} : { mixed }),
  }
}

function spanDocument({ all, any }: Span): Featureset | Span {
  return all === any ? any : { all, any }
}

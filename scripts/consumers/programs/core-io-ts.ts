/** What a user does with @xenlevel/core/io-ts: what it decodes is used with the rest of the package. */
import { CpuPolicy, comparePolicies, formatCpuPolicy } from '@xenlevel/core'
import { CpuPolicyFromDocument, FeaturesetFromText } from '@xenlevel/core/io-ts'
import { Featureset } from '@xenlevel/cpuid'
import { isRight } from 'fp-ts/lib/Either.js'
import type { TypeOf } from 'io-ts'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

const leaf = (number: number, a: number, b = 0, c = 0, d = 0) => {
  return { leaf: number, subleaf: null, a, b, c, d }
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const policy = CpuPolicy.fromRecords([
    leaf(0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69),
    leaf(1, 0x306f2, 0x00100800, 0, 1),
  ])
  const decoded = CpuPolicyFromDocument.decode(JSON.parse(formatCpuPolicy(policy)))
  if (!isRight(decoded)) return { errors: decoded.left.map(({ message }) => message) }
  const read: Found<TypeOf<typeof CpuPolicyFromDocument>> = decoded.right
  const set = FeaturesetFromText.decode('00000001')
  const refused = FeaturesetFromText.decode('nonsense')
  return {
    policy: read instanceof CpuPolicy,
    differences: comparePolicies(policy, read),
    encoded: CpuPolicyFromDocument.is(policy),
    set: isRight(set) && set.right instanceof Featureset ? set.right.names() : null,
    refused: isRight(refused) ? null : refused.left.map(({ message }) => message),
  }
}

/** What Xen answers when leaves or MSRs are not as it wants them, and what is said of a policy of another copy of this package. */
import { XenlevelError } from '@xenlevel/cpuid'

/** The errnos that Xen's policy interfaces answer with. */
export type PolicyErrno =
  | 'E2BIG'
  | 'ERANGE'
  | 'EINVAL'
  | 'EOVERFLOW'
  | 'ENOBUFS'
  | 'EOPNOTSUPP'
  | 'ENOENT'
  | 'EEXIST'

/** What and where, as Xen reports it; null is Xen's 0xffff_ffff, "not said". */
export interface PolicyFault {
  /** Xen's errno. */
  readonly errno: PolicyErrno
  /** The leaf that is wrong. */
  readonly leaf: number | null
  /** Its sub-leaf. */
  readonly subleaf: number | null
  /** The MSR that is wrong. */
  readonly msr: number | null
}

/** A fault; a place numbered 0xffff_ffff is, to Xen, no place. */
export function fault(
  errno: PolicyErrno,
  where: Partial<Omit<PolicyFault, 'errno'>> = {},
): PolicyFault {
  const said = (number: number | null | undefined) =>
    number === undefined || number === 0xffff_ffff ? null : number
  return { errno, leaf: said(where.leaf), subleaf: said(where.subleaf), msr: said(where.msr) }
}

const MEANING: Readonly<Record<PolicyErrno, string>> = {
  E2BIG: 'there are more entries than a policy has',
  ERANGE: 'Xen does not keep it',
  EINVAL: 'a reserved field is not zero, or the value is not acceptable',
  EOVERFLOW: 'the value does not fit what Xen keeps of it',
  ENOBUFS: 'the buffer is too small',
  EOPNOTSUPP: 'this Xen cannot do that',
  ENOENT: 'it is not there',
  EEXIST: 'the domain is complete',
}

const hex = (value: number) => `0x${value.toString(16)}`

/** A fault in words. */
export function describeFault({ errno, leaf, subleaf, msr }: PolicyFault): string {
  const where =
    msr !== null
      ? `MSR ${hex(msr)}`
      : leaf === null
        ? 'the records'
        : `leaf ${hex(leaf)}${subleaf === null ? '' : `, sub-leaf ${hex(subleaf)}`}`
  return `${errno} for ${where}: ${MEANING[errno]}`
}

/** The error of what is no policy of this copy of the package. */
export function foreignPolicy(): XenlevelError {
  return new XenlevelError({
    code: 'POLICY_FOREIGN',
    message:
      'This is no CpuPolicy of this copy of @xenlevel/core. If another copy made it (the ESM and the CommonJS form in one process, or two versions), import the package one way everywhere, or hand over its records: CpuPolicy.fromRecords takes what toRecords gives.',
  })
}

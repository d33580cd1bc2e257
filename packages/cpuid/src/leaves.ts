/** CPUID leaves and MSRs as plain values. */

/** What CPUID answered for one leaf and sub-leaf; `a` is eax, `b` ebx, `c` ecx, `d` edx, each an unsigned 32-bit number. */
export interface CpuidLeaf {
  /** eax before the instruction. */
  readonly leaf: number
  /** ecx before the instruction; null for a leaf without sub-leaves where the source says so. */
  readonly subleaf: number | null
  /** eax. */
  readonly a: number
  /** ebx. */
  readonly b: number
  /** ecx. */
  readonly c: number
  /** edx. */
  readonly d: number
}

/** One MSR. */
export interface MsrEntry {
  /** Its number, 32 bits. */
  readonly index: number
  /** Reserved by Xen's interface; 0. */
  readonly flags: number
  /** Its value, 64 bits. */
  readonly value: bigint
}

/** One of the four registers of a leaf. */
export function leafRegister(leaf: CpuidLeaf, register: 'eax' | 'ebx' | 'ecx' | 'edx'): number {
  switch (register) {
    case 'eax':
      return leaf.a
    case 'ebx':
      return leaf.b
    case 'ecx':
      return leaf.c
    case 'edx':
      return leaf.d
  }
}

/** The kinds of guest. */

/** The kinds of guest that Xen tells apart; a PVH guest is judged as HVM. */
export type GuestKind = 'pv' | 'pv32' | 'hvm' | 'pvh'

/** Whether a kind of guest runs with VMX or SVM, and so has the HVM policies. */
export function isHvmKind(kind: GuestKind): boolean {
  return kind === 'hvm' || kind === 'pvh'
}

/** What a user does with @xenlevel/hw-xen on a machine without a Xen: it says what is missing. */
import { XenlevelError } from '@xenlevel/cpuid'
import { openXen, type Xen, XenUnavailableError, type XenUnavailableReason } from '@xenlevel/hw-xen'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

/** What it comes to: nothing of a Xen that may be there is touched. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  try {
    const xen: Found<Xen> = openXen({ device: '/dev/xen/no-such-device' })
    return { release: xen.release }
  } catch (error) {
    if (!(error instanceof XenUnavailableError)) throw error
    const missing: Found<XenUnavailableReason> = error.missing
    return { missing, code: error.code, base: error instanceof XenlevelError }
  }
}

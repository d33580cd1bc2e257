/** Images of version 2, which say nothing of the guest's CPU, as images of version 3 that do. */
import { STATIC_DATA_END } from '../records/types.js'
import { recordPieces } from '../write/framing.js'
import { RewriteError } from './errors.js'
import { headTransform, libxcRecords, type Splice, wordSplice } from './head.js'
import {
  bodiesFor,
  endOfStaticPart,
  type PolicyOfHead,
  policySplices,
  type RewritePolicyOptions,
} from './policy.js'

const VERSION = 3
/** Where the version stands in the header of a libxc image. */
const VERSION_AT = 12

/**
 * Makes an image of version 3 of one of version 2, as Xen up to 4.13 writes: with the policy that the guest is known to have had, and
 * STATIC_DATA_END behind it, before the first record that is not static. Every other byte stays, in any form.
 *
 * The stream fails as that of {@link rewritePolicy} does, and with a {@link RewriteError} for an image of another version.
 *
 * @param policy - null for an image that still leaves the policy to its receiver.
 */
export function upgradeImage(
  policy: PolicyOfHead,
  options: RewritePolicyOptions = {},
): TransformStream<Uint8Array, Uint8Array> {
  return headTransform(async (head) => {
    if (head.version >= VERSION)
      throw new RewriteError({
        code: 'BAD_VERSION',
        message: `The image has version ${head.version} already; rewritePolicy gives it another policy`,
        details: { version: head.version },
      })
    const image = head.layerOffsets.libxc ?? 0
    const splices = [
      wordSplice(image + VERSION_AT, VERSION, false),
      ...policySplices(head, await bodiesFor(policy, head, options)),
    ]
    return head.staticDataEnd === 'explicit' ? splices : [...splices, marker(head)]
  }, options)
}

function marker(head: Parameters<typeof libxcRecords>[0]): Splice {
  const start = endOfStaticPart(libxcRecords(head), head)
  return { start, end: start, pieces: recordPieces(STATIC_DATA_END) }
}

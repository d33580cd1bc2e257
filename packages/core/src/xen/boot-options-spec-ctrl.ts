/** The items of `spec-ctrl=` (xen/arch/x86/spec_ctrl.c, parse_spec_ctrl), those first that decide about features. */
import type { BootOptionsDraft } from './boot-options.js'
import { parseBool, parseNamedBoolean } from './boot-options-text.js'

/** One item. */
export interface SpecCtrlItem {
  /** The release that brought it, then the point releases of older branches that have it too. */
  readonly landed: readonly string[]
  /** Puts it into the draft; false if it is another item. */
  readonly read: (item: string, draft: BootOptionsDraft) => boolean
}

const FIRST = ['4.11.0', '4.10.2', '4.9.3', '4.8.4', '4.7.6']

/** A named switch: what to do with its value, false if the value does not fit. */
function named(
  name: string,
  landed: readonly string[],
  put: (on: boolean, draft: BootOptionsDraft) => void,
): SpecCtrlItem {
  return {
    landed,
    read: (item, draft) => {
      const said = parseNamedBoolean(item)
      if (said?.name !== name || said.on === null) return false
      put(said.on, draft)
      return true
    },
  }
}

/** What `no` and `no-xen` have in common: Xen protects itself by nothing that it could leave out. */
function disableCommon(draft: BootOptionsDraft): void {
  draft.gdsMitigation = false
  draft.bpSpecReduce = false
}

/** The items that decide about features. */
export const SPEC_CTRL_ITEMS = /* @__PURE__ */ ((): readonly SpecCtrlItem[] => [
  {
    landed: FIRST,
    read: (item, draft) => {
      if (parseBool(item) !== false) return false
      draft.scMsrPv = false
      draft.scMsrHvm = false
      draft.tsxLeftOn ||= draft.tsx === null
      disableCommon(draft)
      return true
    },
  },
  {
    landed: FIRST,
    read: (item, draft) => {
      const said = parseNamedBoolean(item)
      if (said?.name !== 'xen' || said.on !== false) return false
      disableCommon(draft)
      return true
    },
  },
  named('pv', FIRST, (on, draft) => {
    draft.scMsrPv = on
  }),
  named('hvm', FIRST, (on, draft) => {
    draft.scMsrHvm = on
  }),
  named('msr-sc', FIRST, (on, draft) => {
    draft.scMsrPv = on
    draft.scMsrHvm = on
  }),
  {
    landed: ['4.17.0', '4.16.2', '4.15.4', '4.14.6', '4.13.5'],
    read: (item, draft) => {
      const outer = parseNamedBoolean(item)
      if (outer?.name !== 'msr-sc') return false
      const inner = parseNamedBoolean(outer.value)
      if (inner === null || inner.on === null) return false
      if (inner.name === 'pv') draft.scMsrPv = inner.on
      else if (inner.name === 'hvm') draft.scMsrHvm = inner.on
      else return false
      return true
    },
  },
  named('gds-mit', ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6'], (on, draft) => {
    draft.gdsMitigation = on
  }),
  named('bp-spec-reduce', ['4.20.0', '4.19.2', '4.18.5', '4.17.7'], (on, draft) => {
    draft.bpSpecReduce = on
  }),
])()

/** Items that are about Xen's own protection: no feature and no policy depends on them. */
export const SPEC_CTRL_WITHOUT_EFFECT: readonly string[] = [
  'rsb',
  'rsb_native',
  'rsb_vmexit',
  'verw',
  'md-clear',
  'ibpb-entry',
  'bhb-entry',
  'bti-thunk',
  'bhb-seq',
  'ibrs',
  'stibp',
  'ssbd',
  'psfd',
  'bhi-dis-s',
  'ibpb',
  'ibpb-alt',
  'eager-fpu',
  'l1d-flush',
  'branch-harden',
  'lock-harden',
  'srb-lock',
  'unpriv-mmio',
  'div-scrub',
]

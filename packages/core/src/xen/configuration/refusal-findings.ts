/** Why a configuration was not applied. */
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { describeFault } from '../../policy/errors.js'
import { EAX, extended, feature, PLATFORM_INFO, placeOfLeaf } from '../../policy/layout.js'
import type { ApplyTrace, Stage } from './apply-trace.js'
import { placeOfMsr } from './asked.js'
import type { ConfigFinding } from './finding.js'
import type { ItemPlaces } from './item-places.js'
import { listText } from './named-bits.js'
import type { XlCpuidLeaf, XlMsr } from './register-list.js'
import { visiblePlace } from './visible.js'

/** What there is to say of an error; nothing if all was set. */
export function refusalFindings(trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  const findings = [
    ...stoppedFindings(trace, items),
    ...trace.stages.flatMap((stage) => stageFindings(stage, trace, items)),
  ]
  if (trace.error !== null && !trace.rules.answerIsRead)
    findings.push({
      code: 'error-ignored',
      severity: 'warning',
      message: `libxl of Xen ${trace.release} does not look whether this works: the domain starts with the policy that it is left with.`,
    })
  if (!trace.rules.msrs && trace.parsed.msr.length > 0)
    findings.push({
      code: 'msr-ignored',
      severity: 'error',
      message: `The toolstack of Xen ${trace.release} cannot set MSRs: what is asked of them is not done.`,
      ...(trace.parsed.msr[0] === undefined ? {} : { msr: trace.parsed.msr[0].index }),
    })
  return findings
}

const hex = (number: number) => (number < 10 ? String(number) : `0x${number.toString(16)}`)

function leafText(leaf: number, subleaf: number | null): string {
  return `leaf ${hex(leaf)}${subleaf === null ? '' : `, sub-leaf ${hex(subleaf)}`}`
}

function stoppedFindings(trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  const { stopped } = trace
  if (stopped === null || stopped.why === 'overflow') return []
  const { entry, why } = stopped
  const after = 'leaf' in entry ? '' : ' What was asked of leaves stays set.'
  const item =
    'leaf' in entry ? items?.ofLeaf(entry.leaf, entry.subleaf) : items?.ofMsr(entry.index)
  const place =
    'leaf' in entry ? { leaf: entry.leaf, subleaf: entry.subleaf } : { msr: entry.index }
  const what = 'leaf' in entry ? leafText(entry.leaf, entry.subleaf) : `MSR ${hex(entry.index)}`
  return [
    {
      code:
        why === 'missing'
          ? 'leaf' in entry
            ? 'leaf-missing'
            : 'msr-missing'
          : 'character-unknown',
      severity: 'error',
      message: `${why === 'missing' ? missingText(entry, what, trace) : `What is asked of ${what} has a character that is none of 0, 1, x and k: applying it fails with ${stopped.error.errno}.`}${after}`,
      ...place,
      ...(item === undefined ? {} : { item }),
    },
  ]
}

function missingText(entry: XlCpuidLeaf | XlMsr, what: string, trace: ApplyTrace): string {
  const { errno } = trace.stopped?.error ?? { errno: 'EINVAL' }
  if ('index' in entry)
    return `Policies have no ${what}${placeOfMsr(entry.index, trace.extent) < 0 ? '' : ' here'}: applying it fails with ${errno}.`
  const { leaf, subleaf } = entry
  const { options, extent } = trace
  if (trace.rules.leafByLeaf)
    return `Xen keeps no ${what}: setting it fails with ${errno}, and the next leaf follows.`
  const lacking = [
    ['the guest', trace.stages[0]?.clamped?.policy],
    ['the default policy', CpuPolicy.fromWords(trace.defaults, trace.release)],
    ['the host', options.host.host],
  ].flatMap(([who, policy]) =>
    policy instanceof CpuPolicy && visiblePlace(CpuPolicy.peek(policy), leaf, subleaf, extent) < 0
      ? [String(who)]
      : [],
  )
  const hint =
    subleaf === null && placeOfLeaf(leaf, 0, extent) >= 0
      ? ` Leaf ${hex(leaf)} has sub-leaves: write "${hex(leaf)},0:".`
      : placeOfLeaf(leaf, subleaf, extent) >= 0
        ? ' Leave out what names it: here not even 0 can be asked of it.'
        : ''
  const who = listText(lacking)
  return `${who.charAt(0).toUpperCase()}${who.slice(1)} ${lacking.length > 1 ? 'have' : 'has'} no ${what}: applying the configuration fails with ${errno}, and nothing of its leaves is set.${hint}`
}

/** Where Xen's audit finds a limit that is too high, and where that limit is. */
function limitPlace(stage: Stage): { what: string; at: number } | null {
  switch (stage.error?.leaf) {
    case 0:
      return { what: 'the highest basic leaf', at: EAX }
    case 7:
      return { what: 'the highest sub-leaf of leaf 7', at: feature(0) + EAX }
    case 0x8000_0000:
      return { what: 'the highest extended leaf', at: extended(0) + EAX }
    default:
      return stage.error?.msr === 0xce ? { what: 'MSR 0xce', at: PLATFORM_INFO } : null
  }
}

function stageFindings(stage: Stage, trace: ApplyTrace, items: ItemPlaces | null): ConfigFinding[] {
  const { error } = stage
  if (error === null) return []
  const max = CpuPolicy.peek(trace.hvm ? trace.options.host.hvmMax : trace.options.host.pvMax)
  const limit = limitPlace(stage)
  const [asked, most] = limit === null ? [0, 0] : [stage.sent[limit.at] ?? 0, max[limit.at] ?? 0]
  const vendor = error.leaf === 0 && asked <= most
  const because =
    error.errno !== 'EINVAL' || limit === null
      ? `${describeFault(error)}.`
      : vendor
        ? 'the vendor is not that of the host.'
        : `${limit.what} would be ${hex(asked)}, and guests of this kind can have ${hex(most)} at most.`
  const item =
    error.msr !== null ? items?.ofMsr(error.msr) : items?.ofLeaf(error.leaf ?? 0, error.subleaf)
  return [
    {
      code: 'policy-refused',
      severity: 'error',
      message: `Xen refuses the policy with ${error.errno}: ${because} The domain keeps what it had before this step.`,
      ...(error.leaf === null ? {} : { leaf: error.leaf, subleaf: error.subleaf }),
      ...(error.msr === null ? {} : { msr: error.msr }),
      ...(item === undefined ? {} : { item }),
    },
  ]
}

/** What a CPU gets out of a file by Linux, which compares while it chooses. */
import { amdReader } from '../amd/readers.js'
import { choosePatchAsLinux } from '../amd/select.js'
import { intelReader } from '../intel/readers.js'
import { chooseAsLinux } from '../intel/select.js'
import type { CpuIdentity, MicrocodeUpdate } from '../types.js'
import { selectedBecause } from './reasons.js'
import type { Source } from './source.js'
import type { SelectOptions } from './types.js'
import { declaredOf, type FileSelection, findingOfStop, type Select } from './xen.js'

type Rule = 'linux-early' | 'linux-late'

/** Linux' way to choose, while it boots or later. Later it takes plain files only, and AMD none where minimum revisions are required. */
export function selectAsLinux(rule: Rule, options: SelectOptions): Select {
  return (source, cpu) => {
    const required = rule === 'linux-late' && options.requireMinRevision === true
    const found = chooseIn(rule, options, source, cpu, required)
    const { update, stop, passedOver } = found
    const base = {
      update,
      ...verdictOf(found, cpu, required),
      revision: update?.revision ?? cpu.revision >>> 0,
      passedOver,
      stop,
      lateLoad: declaredOf(update, cpu),
      log: [],
      bootLog: [],
      consumer: rule === 'linux-early' ? 'Linux (early)' : 'Linux (late)',
      evidence: 'facts',
    } as const
    return { ...base, reason: selectedBecause(base, cpu) }
  }
}

interface Found extends Pick<FileSelection, 'update' | 'stop' | 'passedOver'> {
  readonly notNewer: number | null
  readonly refused: boolean
  readonly part: 'absent' | 'empty' | 'there'
}

function chooseIn(
  rule: Rule,
  options: SelectOptions,
  source: Source,
  cpu: CpuIdentity,
  requireMinRevision: boolean,
): Found {
  const part = source.part(cpu.vendor, options.scan ?? (rule === 'linux-early' && source.isArchive))
  const nothing = { update: null, stop: null, passedOver: [], notNewer: null, refused: false }
  if (part === null) return { ...nothing, part: 'absent' }
  const there = part.start === part.end ? 'empty' : 'there'
  if (cpu.vendor === 'Intel') {
    const reader = intelReader(rule)
    const walk = source.walkIntel(part, reader)
    const choice = chooseAsLinux(part, walk, cpu, { requireMinRevision })
    const update = choice.found === null ? null : source.intelUpdate(part, choice.found.taken)
    return found(choice, update, findingOfStop(choice, reader, walk.taken.length), there)
  }
  const reader = amdReader(rule)
  const walk = source.walkAmd(part, reader)
  const choice = choosePatchAsLinux(part, walk, cpu, reader)
  const stop = findingOfStop(choice, reader, walk.patches.length)
  if (choice.found !== null && requireMinRevision)
    return { ...nothing, stop, refused: true, part: there }
  const update = choice.found === null ? null : source.amdUpdate(part, choice.found.offset)
  return found(choice, update, stop, there)
}

function found(
  choice: Pick<FileSelection, 'passedOver'> & {
    readonly notNewer: { readonly revision: number } | null
  },
  update: MicrocodeUpdate | null,
  stop: FileSelection['stop'],
  part: Found['part'],
): Found {
  const { passedOver } = choice
  const refused = update === null && passedOver.some(({ why }) => why === 'min-revision')
  return { update, stop, passedOver, notNewer: choice.notNewer?.revision ?? null, refused, part }
}

function verdictOf(
  { update, stop, notNewer, refused, part }: Found,
  cpu: CpuIdentity,
  required: boolean,
): Pick<FileSelection, 'errno' | 'code'> {
  if (part === 'absent') return { errno: 'ENOENT', code: 'NOT_IN_ARCHIVE' }
  if (update !== null) return { errno: 'OK', code: 'CHOSEN' }
  if (stop !== null && stop.severity === 'error') return { errno: 'EINVAL', code: 'DAMAGED' }
  if (refused && required) return { errno: 'ENXIO', code: 'MIN_REVISION_REQUIRED' }
  if (notNewer !== null) {
    const same = notNewer === cpu.revision >>> 0
    return { errno: 'EEXIST', code: same ? 'SAME_REVISION' : 'OLDER_REVISION' }
  }
  return { errno: 'ENOENT', code: part === 'empty' ? 'EMPTY' : 'NOTHING_FITS' }
}

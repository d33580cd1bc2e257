/** Why a CPU gets an update, or none, in sentences. */
import { hex } from '../bytes.js'
import type { CpuIdentity } from '../types.js'
import type { PassedOver } from './types.js'
import type { FileSelection } from './xen.js'

type Unreasoned = Omit<FileSelection, 'reason'>

/** The reason of a selection, for people. */
export function selectedBecause(selection: Unreasoned, cpu: CpuIdentity): string {
  return `${SENTENCES[selection.code](selection, cpu)}${afterwards(selection)}`
}

const SENTENCES: Readonly<
  Record<FileSelection['code'], (selection: Unreasoned, cpu: CpuIdentity) => string>
> = {
  CHOSEN: ({ update, consumer }, cpu) =>
    `${consumer} takes revision ${offered(update)} at ${update?.offset} over ${running(cpu)}.`,
  SAME_REVISION: ({ update }, cpu) =>
    update === null
      ? `The CPU runs ${running(cpu)}, and nothing that fits is newer.`
      : `The CPU runs ${running(cpu)}, which is the newest that fits.`,
  OLDER_REVISION: ({ update }, cpu) =>
    update === null
      ? `The CPU runs ${running(cpu)}, and all that fits is older.`
      : `The CPU runs ${running(cpu)}, which is newer than ${offered(update)}, the newest that fits.`,
  FINAL_REVISION: (_, cpu) =>
    `The CPU runs ${running(cpu)}, which is final: such CPUs hang when anything is loaded over it.`,
  BELOW_MIN_REVISION: ({ update }, cpu) =>
    `Revision ${offered(update)} wants at least ${hex(update?.minRevision ?? 0)} to run, and ${running(cpu)} does: the firmware must be updated first.`,
  MIN_REVISION_REQUIRED: ({ consumer }) =>
    `${consumer} loads only what declares the running revision safe, and nothing that fits does.`,
  NOTHING_FITS: (_, { vendor, signature, platformId }) =>
    vendor === 'Intel'
      ? `Nothing in it is for signature ${hex(signature, 8)} with platform ${platformId}.`
      : `Nothing in it is for signature ${hex(signature, 8)}.`,
  NO_DIGEST: ({ consumer }) =>
    `What fits has no digest that ${consumer} knows, and the firmware is not known to be safe from Entrysign: it must be updated first.`,
  DAMAGED: ({ stop, consumer }) =>
    `${consumer} finds nothing for this CPU up to where it stops: ${stop?.message ?? ''}`,
  NOT_IN_ARCHIVE: (_, { vendor }) => `The archive has no microcode of ${vendor}.`,
  EMPTY: () => 'There is nothing in the file.',
}

function offered(update: Unreasoned['update']): string {
  return hex(update?.revision ?? 0)
}

function running({ revision }: CpuIdentity): string {
  return hex(revision >>> 0)
}

const WHY: Readonly<Record<PassedOver['why'], string>> = {
  'no-digest': 'has no digest on the list',
  'other-digest': 'has another digest than the listed one',
  'too-large': 'is too large for the family',
  'step-first': 'needs another revision before it',
  'min-revision': 'does not declare the running revision safe',
}

/** What else should be known of it. */
function afterwards({ passedOver, stop, code }: Unreasoned): string {
  const [newer] = passedOver
  const first = newer === undefined ? '' : ` Revision ${hex(newer.revision)} ${WHY[newer.why]}.`
  const second = stop === null || code === 'DAMAGED' ? '' : ` ${stop.message}`
  return `${first}${second}`
}

/** Images, record by record: what comes out is what a strict verifier takes, or nothing. */
import type { CpuPolicy } from '@xenlevel/core'
import { type CpuidLeaf, encodeLeaves, encodeMsrs, type MsrEntry } from '@xenlevel/cpuid'
import { type LibxlRecordName, libxlType } from '../layers/libxl.js'
import type { XenopsdBodyName } from '../layers/xenopsd.js'
import { type LibxcRecordName, libxcType } from '../records/types.js'
import type { ImageReport } from '../verify/report.js'
import { ImageVerifier } from '../verify/verifier.js'
import * as bodies from './bodies.js'
import { ImageWriterError, refusal } from './errors.js'
import { recordPieces } from './framing.js'
import { headersOf, xenopsdPieces } from './headers.js'
import type { ImageWriterOptions } from './options.js'

/** What is being written: the libxc image, or what is around it, before it ends or between two of its rounds. */
type Place = 'libxc' | 'libxl' | 'xenopsd' | 'end'

/** What is around the libxc image of each form. */
const AROUND: Readonly<Record<ImageWriterOptions['form'], Place>> = {
  libxc: 'end',
  libxl: 'libxl',
  xl: 'libxl',
  libvirt: 'libxl',
  xenopsd: 'xenopsd',
}

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array()

/**
 * Writes an image of any form: each method adds one record, {@link take} hands out what was added, and {@link end} completes it.
 *
 * Everything is shown to an {@link ImageVerifier} first. What it finds wrong is refused with an {@link ImageWriterError} and left out, and the
 * image is over: nothing can be added to it any more, and what was handed out of it has no end. {@link end} refuses an image that
 * lacks something.
 *
 * It is synchronous, so that an error comes where the mistake is; how much is held is for the caller to say, who takes as often as it likes
 * and waits for its sink in between. Bodies are not copied, and must not change before they are taken and written.
 */
export class ImageWriter {
  readonly #options: ImageWriterOptions
  readonly #verifier: ImageVerifier
  #chunks: Uint8Array[] = []
  #pending = 0
  #place: Place = 'libxc'
  /** libxl writes its own records between two rounds. */
  #betweenRounds = false
  #refused: ImageWriterError | null = null
  #report: ImageReport | null = null

  /** @throws {@link ImageWriterError} for headers that a verifier refuses. */
  constructor(options: ImageWriterOptions) {
    this.#options = options
    const { kind, checkpointed = false, receiver } = options
    this.#verifier = new ImageVerifier({ ...receiver, kind, checkpointed })
    this.#put(headersOf(options))
  }

  /** How many bytes were added and not taken. */
  get pending(): number {
    return this.#pending
  }

  /** What the verifier says of the complete image; null before. */
  get report(): ImageReport | null {
    return this.#report
  }

  /** What was added since the last time, in order: bodies as they were given, the rest in pieces of its own. */
  take(): Uint8Array[] {
    const taken = this.#chunks
    this.#chunks = []
    this.#pending = 0
    return taken
  }

  /** X86_PV_INFO: width and levels of page tables, by the kind of guest. */
  pvInfo(): void {
    this.#libxc('X86_PV_INFO', bodies.pvInfo(this.#options.kind))
  }

  /** Both policy records. */
  policy(policy: CpuPolicy): void {
    const { leaves, msrs } = policy.toRecords()
    this.cpuidPolicy(leaves)
    this.msrPolicy(msrs)
  }

  /** X86_CPUID_POLICY: leaves, or the body as it stands. */
  cpuidPolicy(leaves: readonly CpuidLeaf[] | Uint8Array): void {
    this.#libxc('X86_CPUID_POLICY', leaves instanceof Uint8Array ? leaves : encodeLeaves(leaves))
  }

  /** X86_MSR_POLICY: MSRs, or the body as it stands. */
  msrPolicy(msrs: readonly MsrEntry[] | Uint8Array): void {
    this.#libxc('X86_MSR_POLICY', msrs instanceof Uint8Array ? msrs : encodeMsrs(msrs))
  }

  /** STATIC_DATA_END, which version 3 has before memory and state. */
  staticDataEnd(): void {
    this.#libxc('STATIC_DATA_END')
  }

  /** X86_PV_P2M_FRAMES; again where the p2m grew. */
  pvP2mFrames(frames: bodies.P2mFrames): void {
    this.#libxc('X86_PV_P2M_FRAMES', bodies.p2mFrames(frames))
  }

  /**
   * PAGE_DATA: pages of memory; Xen sends up to 1024 at once.
   *
   * @param list - the pages that are told of, or words of a list as they stand in an image.
   * @param pages - 4096 bytes for each whose type comes with a page, in order; `BROKEN`, `XALLOC` and `XTAB` ones have none.
   */
  pageData(
    list: BigUint64Array | readonly bodies.ListedPage[],
    pages: Uint8Array | readonly Uint8Array[] = NOTHING,
  ): void {
    this.#libxc('PAGE_DATA', bodies.pageData(list, pages))
  }

  /** X86_PV_VCPU_BASIC: vcpu_guest_context_t, 5168 bytes, of a 32-bit guest 2800. */
  pvVcpuBasic(vcpu: number, state: Uint8Array): void {
    this.#libxc('X86_PV_VCPU_BASIC', bodies.vcpu(vcpu, state))
  }

  /** X86_PV_VCPU_EXTENDED: what XEN_DOMCTL_get_ext_vcpucontext gives. */
  pvVcpuExtended(vcpu: number, state: Uint8Array): void {
    this.#libxc('X86_PV_VCPU_EXTENDED', bodies.vcpu(vcpu, state))
  }

  /** X86_PV_VCPU_XSAVE: what XEN_DOMCTL_getvcpuextstate gives. */
  pvVcpuXsave(vcpu: number, state: Uint8Array): void {
    this.#libxc('X86_PV_VCPU_XSAVE', bodies.vcpu(vcpu, state))
  }

  /** X86_PV_VCPU_MSRS: MSRs of 16 bytes each. */
  pvVcpuMsrs(vcpu: number, state: Uint8Array): void {
    this.#libxc('X86_PV_VCPU_MSRS', bodies.vcpu(vcpu, state))
  }

  /** SHARED_INFO of a PV guest: one page. */
  sharedInfo(page: Uint8Array): void {
    this.#libxc('SHARED_INFO', page)
  }

  /** X86_TSC_INFO. */
  tscInfo(info: bodies.TscInfo): void {
    this.#libxc('X86_TSC_INFO', bodies.tscInfo(info))
  }

  /** HVM_CONTEXT: what XEN_DOMCTL_gethvmcontext gives. */
  hvmContext(context: Uint8Array): void {
    this.#libxc('HVM_CONTEXT', context)
  }

  /** HVM_PARAMS. */
  hvmParams(params: readonly bodies.HvmParam[]): void {
    this.#libxc('HVM_PARAMS', bodies.hvmParams(params))
  }

  /** VERIFY: all pages are sent once more, to be compared. */
  verify(): void {
    this.#libxc('VERIFY')
  }

  /** CHECKPOINT: a round is complete; what is around the image has its own records then, up to {@link checkpointEnd}. */
  checkpoint(): void {
    this.#libxc('CHECKPOINT')
    if (AROUND[this.#options.form] !== 'libxl') return
    this.#place = 'libxl'
    this.#betweenRounds = true
  }

  /** A record of any type of the form that is being written, such as one that receivers may ignore: bit 31 of the type is set. */
  record(type: number, body: Uint8Array = NOTHING): void {
    this.#in(this.#place === 'libxl' ? 'libxl' : 'libxc', `A record of type 0x${type.toString(16)}`)
    this.#put(recordPieces(type, body))
  }

  /** END of the libxc image: what is around it goes on. {@link end} does that as well. */
  endLibxc(): void {
    this.#in('libxc', 'END')
    const around = AROUND[this.#options.form]
    this.#put(recordPieces(libxcType('END')), around === 'end')
    this.#place = around
  }

  /** EMULATOR_XENSTORE_DATA of libxl: keys of a device model, below its own path, and their values; or the data as they stand. */
  emulatorXenstoreData(
    entries: readonly (readonly [key: string, value: string])[] | Uint8Array,
    emulator: bodies.Emulator = {},
  ): void {
    const data = entries instanceof Uint8Array ? entries : bodies.xenstoreData(entries)
    this.#libxl('EMULATOR_XENSTORE_DATA', bodies.emulator(emulator, data))
  }

  /** EMULATOR_CONTEXT of libxl: the state of a device model. */
  emulatorContext(state: Uint8Array, emulator: bodies.Emulator = {}): void {
    this.#libxl('EMULATOR_CONTEXT', bodies.emulator(emulator, state))
  }

  /** CHECKPOINT_END of libxl: the next round of the libxc image follows. */
  checkpointEnd(): void {
    this.#libxl('CHECKPOINT_END')
    this.#place = 'libxc'
    this.#betweenRounds = false
  }

  /** A record of xenopsd behind the libxc image. */
  xenopsdRecord(name: XenopsdBodyName, body: Uint8Array): void {
    this.#in('xenopsd', name)
    this.#put(xenopsdPieces(name, body))
  }

  /**
   * Completes the image: END of the libxc image if it is not there, and of what is around it. A checkpointed stream of libxl has none
   * and ends with its last CHECKPOINT_END.
   *
   * @throws {@link ImageWriterError} for an image that lacks something; its end is not handed out then.
   */
  end(): ImageReport {
    const { form, checkpointed } = this.#options
    const unended = checkpointed === true && AROUND[form] === 'libxl'
    if (this.#place === 'libxc' && !unended) this.endLibxc()
    if (this.#place === 'libxl' && this.#betweenRounds) throw this.#misplaced('END', 'libxc')
    if (this.#report === null) this.#put(this.#closing(), true)
    if (this.#report === null) throw this.#misplaced('END', this.#place)
    this.#place = 'end'
    return this.#report
  }

  #closing(): readonly Uint8Array[] {
    switch (this.#place) {
      case 'libxl':
        return recordPieces(libxlType('END'))
      case 'xenopsd':
        return xenopsdPieces('End_of_image')
      default:
        return []
    }
  }

  #libxc(name: LibxcRecordName, body: Uint8Array | readonly Uint8Array[] = NOTHING): void {
    this.#in('libxc', name)
    this.#put(recordPieces(libxcType(name), body))
  }

  #libxl(name: LibxlRecordName, body: Uint8Array | readonly Uint8Array[] = NOTHING): void {
    this.#in('libxl', name)
    this.#put(recordPieces(libxlType(name), body))
  }

  /** Refuses what belongs to another form than the one that is being written. */
  #in(place: Place, what: string): void {
    if (this.#refused !== null) throw this.#refused
    if (this.#place !== place) throw this.#misplaced(what, place)
  }

  #misplaced(what: string, place: Place): ImageWriterError {
    return new ImageWriterError(
      'UNEXPECTED_RECORD',
      this.#place === 'end'
        ? `${what} comes behind the end of the image`
        : `${what} has its place in ${place}, and ${this.#place} is being written`,
    )
  }

  /** Hands out what the verifier takes; with the last of an image, what it says of all of it counts. */
  #put(pieces: readonly Uint8Array[], last = false): void {
    if (this.#refused !== null) throw this.#refused
    for (const piece of pieces) this.#verifier.push(piece)
    const report = last ? this.#verifier.end() : null
    if (!this.#verifier.ok || report?.complete === false) {
      this.#refused = refusal(this.#verifier.findings)
      throw this.#refused
    }
    this.#report = report
    for (const piece of pieces) {
      if (piece.length === 0) continue
      this.#chunks.push(piece)
      this.#pending += piece.length
    }
  }
}

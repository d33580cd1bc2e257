/** What a microcode file is made of, whoever made it and whatever it is packed in. */

/** The makers of microcode that Xen loads. */
export type MicrocodeVendor = 'Intel' | 'AMD'

/** The forms that {@link MicrocodeFile} comes in. A bare AMD patch, without a container around it, is `amd` too. */
export type MicrocodeFormat = 'intel' | 'intel-dat' | 'amd' | 'early-cpio'

/** A physical CPU, as far as the choice of its update depends on it. */
export interface CpuIdentity {
  /** Who made it. */
  readonly vendor: MicrocodeVendor
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** MSR 0x17 bits 52:50, 0 to 7; Intel only, 0 elsewhere. Xen and sysfs show `1 << platformId`. */
  readonly platformId: number
  /** The revision that runs, as 32 unsigned bits; 0 if none was loaded. */
  readonly revision: number
}

/** One thing that is wrong with the form of a file. */
export interface Problem {
  /** Stable name of what is wrong. */
  readonly code: string
  /** `error`: something in the file cannot be used; `warning`: it can, but not by everyone; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info'
  /** One sentence for people: what, where, and what was expected. */
  readonly message: string
  /** Where, in bytes from the start of the input. */
  readonly offset: number
  /** Which field, outermost first: `update 2.totalSize`, `container 0.table`. */
  readonly path: string
  /** What should stand there, where that can be said: a number, or a rule in words. */
  readonly expected?: number | string
  /** What stands there. */
  readonly found?: number | string
}

/** Who reads microcode, each with rules of its own; strict and loose are iucode_tool's, with and without its strict checks. */
export type MicrocodeRule = 'xen' | 'linux-early' | 'linux-late' | 'strict' | 'loose'

/**
 * Why somebody who reads microcode refuses a file, or leaves a part of it unread. An `error` holds for every CPU; after a `warning` some
 * CPUs get an update all the same.
 */
export interface Finding extends Problem {
  /** Whose rule it is. */
  readonly rule: MicrocodeRule
  /** What the reader itself prints; undefined where it is silent. */
  readonly says?: string
}

/** One CPU model that an update is for. */
export interface UpdateSignature {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** Intel: bit n for platform id n; 0 in updates for CPUs without platform ids. AMD: always 0. */
  readonly platformMask: number
  /** Intel: the sum that belongs to this signature is right. AMD has none for signatures: true. */
  readonly checksumOk: boolean
  /** Where it is said, in bytes from the start of the input: the header's field, the table's entry. */
  readonly offset: number
}

/** What updates of both vendors have. */
interface UpdateBase {
  /** The revision that a CPU has after loading, as 32 unsigned bits (AMD: the patch id). */
  readonly revision: number
  /** `YYYY-MM-DD`, from the digits in the file: two published AMD patches have a month 13. */
  readonly date: string
  /** Where the update begins: bytes from the start of the input (of {@link MicrocodeFile.content} for `.dat` text). */
  readonly offset: number
  /** Bytes from there. */
  readonly size: number
  /** The CPU models it is for, the header's own first; a table may repeat that one. */
  readonly signatures: readonly UpdateSignature[]
  /** The lowest running revision from which loading at run time is declared safe; undefined if nothing is declared. */
  readonly minRevision?: number
  /** The update itself: a view of the input, not a copy. */
  readonly bytes: Uint8Array
}

/** One block of an Intel update's metadata. */
export interface MetadataBlock {
  /** Kind; 2 and 3 are seen in releases, 0 ends the list. */
  readonly type: number
  /** Bytes with the eight of its own header. */
  readonly size: number
  /** Bytes from the start of the input. */
  readonly offset: number
  /** What follows the block's header: a view. */
  readonly payload: Uint8Array
}

/** An Intel update (Intel SDM volume 3, "Microcode update facilities"). */
export interface IntelUpdate extends UpdateBase {
  /** Who made it. */
  readonly vendor: 'Intel'
  /** Header version; 1 in every microcode update. */
  readonly headerVersion: number
  /** Loader version; 1 in every microcode update. */
  readonly loaderVersion: number
  /** Below 0 as a signed number: not meant for production. */
  readonly preProduction: boolean
  /** Bytes of encrypted data, with the default for 0 applied. */
  readonly dataSize: number
  /** The size fields as they stand in the header, where 0 means a default that consumers do not agree on. */
  readonly sizeFields: {
    /** Offset 28. */
    readonly data: number
    /** Offset 32. */
    readonly total: number
  }
  /** The checksum field of the header. */
  readonly checksum: number
  /** The u32 sum of header and data is 0. */
  readonly checksumOk: boolean
  /** The table of further signatures; null without one. */
  readonly extendedTable: {
    /** Bytes from the start of the input. */
    readonly offset: number
    /** Its entries. */
    readonly count: number
    /** The u32 sum of the table is 0. */
    readonly checksumOk: boolean
  } | null
  /** Blocks at the end of the data, without the one that ends the list. */
  readonly metadata: readonly MetadataBlock[]
}

/** An AMD patch. */
export interface AmdUpdate extends UpdateBase {
  /** Who made it. */
  readonly vendor: 'AMD'
  /** Index in {@link MicrocodeFile.containers}; null for a bare patch. */
  readonly container: number | null
  /** The id that the equivalence table gives its CPU models (processor_rev_id). */
  readonly equivalenceId: number
  /** The layout of the patch: 0x8000 to 0x8005, 0x8010 and on for Zen 5. */
  readonly dataId: number
  /** Length of the patch's data in its maker's units. */
  readonly dataLength: number
  /** Initialisation flag. */
  readonly initFlag: number
  /** Word 12: a sum of what follows offset 64 up to family 12h, a minimum revision in patches signed anew in 2025, else 0. */
  readonly checksum: number
  /** False where word 12 is a sum and does not fit; null where it is none. */
  readonly checksumOk: boolean | null
  /** Device id of the north bridge it is for; 0 for any. Linux refuses others. */
  readonly northBridgeId: number
  /** Device id of the south bridge it is for; 0 for any. Linux refuses others. */
  readonly southBridgeId: number
  /** Revision of the north bridge. */
  readonly northBridgeRevision: number
  /** Revision of the south bridge. */
  readonly southBridgeRevision: number
  /** Revision of the BIOS interface. */
  readonly biosApiRevision: number
}

/** An update of either vendor. */
export type MicrocodeUpdate = IntelUpdate | AmdUpdate

/** One entry of an AMD equivalence table. */
export interface AmdEquivalence {
  /** Bytes from the start of the input. */
  readonly offset: number
  /** CPUID leaf 1, eax; 0 ends the table for every reader. */
  readonly signature: number
  /** The id that patches name. */
  readonly equivalenceId: number
  /** Errata mask. */
  readonly errataMask: number
  /** Errata compare value. */
  readonly errataCompare: number
  /** The last field; 0 in every published table. */
  readonly reserved: number
}

/** An AMD container: a table of CPU models, and patches. */
export interface AmdContainer {
  /** Where its magic is: bytes from the start of the input. */
  readonly offset: number
  /** Bytes up to the next container or the end. */
  readonly size: number
  /** Every entry inside the table's length, those after a zero entry too. */
  readonly equivalences: readonly AmdEquivalence[]
}

/** A member of a cpio archive. */
export interface CpioMember {
  /** As written, without the NULs at its end. */
  readonly name: string
  /** Where its header is: bytes from the start of the input. */
  readonly headerOffset: number
  /** Where its data is. */
  readonly offset: number
  /** Bytes of data. */
  readonly size: number
  /** File type and permissions. */
  readonly mode: number
  /** Seconds since 1970. */
  readonly mtime: number
  /** Whose microcode Xen and Linux take it for; null for all other files. */
  readonly vendor: MicrocodeVendor | null
}

/** What is in a microcode file. */
export interface MicrocodeFile {
  /** What the input was recognised as. */
  readonly format: MicrocodeFormat
  /** In the order of the file. */
  readonly updates: readonly MicrocodeUpdate[]
  /** AMD: the containers; empty elsewhere. */
  readonly containers: readonly AmdContainer[]
  /** Early cpio: the members up to where the scan ends; empty elsewhere. */
  readonly members: readonly CpioMember[]
  /** What the updates' offsets count in: the input, except for `.dat` text, where it is the binary that the text stands for. */
  readonly content: Uint8Array
  /** What is wrong with its form. A file with problems may hold updates all the same. */
  readonly problems: readonly Problem[]
}

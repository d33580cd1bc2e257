/** One door for every dump format: the text says itself what it is. To add a format, add its reader here. */
import { looksLikeAida, readAida } from './aida.js'
import { looksLikeCpuidR, readCpuidR } from './cpuid-r.js'
import { looksLikeJson, readJsonDump } from './json.js'
import { looksLikeLibcpuidRaw, readLibcpuidRaw } from './libcpuid-raw.js'
import { looksLikeProcCpuinfo, readProcCpuinfo } from './proc-cpuinfo.js'
import { type CpuDump, type CpuDumpFormat, DumpSyntaxError, type ReadDump } from './types.js'
import { dumpWarnings } from './warnings.js'
import { looksLikeXenCpuidP, readXenCpuidP } from './xen-cpuid-p.js'

interface DumpReader {
  readonly format: CpuDumpFormat
  readonly recognises: (text: string) => boolean
  readonly read: (text: string) => ReadDump
}

const READERS: readonly DumpReader[] = [
  { format: 'json', recognises: looksLikeJson, read: readJsonDump },
  { format: 'aida', recognises: looksLikeAida, read: readAida },
  { format: 'libcpuid-raw', recognises: looksLikeLibcpuidRaw, read: readLibcpuidRaw },
  { format: 'cpuid-r', recognises: looksLikeCpuidR, read: readCpuidR },
  { format: 'xen-cpuid-p', recognises: looksLikeXenCpuidP, read: readXenCpuidP },
  { format: 'proc-cpuinfo', recognises: looksLikeProcCpuinfo, read: readProcCpuinfo },
]

/**
 * Reads a CPUID dump, whichever of these it is: the text of AIDA64, InstLatx64 or libcpuid's test files; libcpuid's raw format; the
 * output of `cpuid -r` or `xen-cpuid -p`; Linux's /proc/cpuinfo; JSON.
 *
 * Every logical CPU is kept. What is wrong with the dump, but not with its form, is in `warnings`.
 *
 * @throws {@link DumpSyntaxError} if the form is none of these, or a line or field of it is damaged.
 */
export function readCpuDump(text: string): CpuDump {
  const reader = READERS.find(({ recognises }) => recognises(text))
  if (reader === undefined) {
    throw new DumpSyntaxError(
      'The text is no CPUID dump that is known here. Expected lines such as "CPUID 00000001: 000306F2-…" (AIDA64, InstLatx64, libcpuid), "basic_cpuid[1]=000306f2 …" (libcpuid raw), "0x00000001 0x00: eax=0x000306f2 …" (cpuid -r), "Raw policy: 50 leaves, 2 MSRs" (xen-cpuid -p) or "flags : fpu …" (/proc/cpuinfo), or a JSON object with "leaves".',
      0,
      'text',
    )
  }
  const dump = reader.read(text)
  return {
    format: reader.format,
    cpus: dump.cpus,
    warnings: dumpWarnings(dump),
    ...(dump.policies === undefined ? {} : { policies: dump.policies }),
  }
}

/** One door for every dump format: the text says itself what it is. To add a format, add its reader here. */
import { looksLikeAida, readAida } from './aida.js'
import { looksLikeJson, readJsonDump } from './json.js'
import { type CpuDump, type CpuDumpFormat, DumpSyntaxError, type ReadDump } from './types.js'
import { dumpWarnings } from './warnings.js'

interface DumpReader {
  readonly format: CpuDumpFormat
  readonly recognises: (text: string) => boolean
  readonly read: (text: string) => ReadDump
}

const READERS: readonly DumpReader[] = [
  { format: 'json', recognises: looksLikeJson, read: readJsonDump },
  { format: 'aida', recognises: looksLikeAida, read: readAida },
]

/**
 * Reads a CPUID dump: the text of AIDA64, InstLatx64 or libcpuid's test files, or JSON.
 *
 * Every logical CPU is kept. What is wrong with the dump, but not with its form, is in `warnings`.
 *
 * @throws {@link DumpSyntaxError} if the form is none of these, or a line or field of it is damaged.
 */
export function readCpuDump(text: string): CpuDump {
  const reader = READERS.find(({ recognises }) => recognises(text))
  if (reader === undefined) {
    throw new DumpSyntaxError(
      'The text is no CPUID dump that is known here. Expected lines such as "CPUID 00000001: 000306F2-…" (AIDA64, InstLatx64, libcpuid) or a JSON object with "leaves".',
      0,
      'text',
    )
  }
  const dump = reader.read(text)
  return { format: reader.format, cpus: dump.cpus, warnings: dumpWarnings(dump) }
}

/** What a user does with @xenlevel/cpuid: featuresets, tables, a dump, its errors. */
import {
  type ClearedFeature,
  type CpuDump,
  cpuSignature,
  Featureset,
  type FeatureTable,
  featureTable,
  ParseError,
  readCpuDump,
  XenlevelError,
} from '@xenlevel/cpuid'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

const DUMP = `CPU 0:
   0x00000000 0x00: eax=0x00000001 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69
   0x00000001 0x00: eax=0x000306f2 ebx=0x00100800 ecx=0x00000001 edx=0x00000001
`

/** A bigint takes the global Buffer, which browsers do not have: the error then says so. */
function hexOf(set: Featureset): string {
  try {
    return set.toBigInt().toString(16)
  } catch (error) {
    return error instanceof XenlevelError ? error.code : 'another error'
  }
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const table: Found<FeatureTable> = featureTable('4.17.7')
  const set: Found<Featureset> = Featureset.fromNames(['FPU', 'FXSR', 'AVX2'], table)
  const cleared: Found<ClearedFeature[]> = table.explainCleared(set)
  const dump: Found<CpuDump> = readCpuDump(DUMP)
  let refused: unknown
  try {
    Featureset.parse('nonsense')
  } catch (error) {
    if (error instanceof ParseError) refused = { code: error.code, offset: error.offset }
  }
  return {
    release: table.release,
    text: set.toString(),
    again: Featureset.parse(set.toString()).equals(set),
    hex: hexOf(set),
    cleared,
    dump: [dump.format, dump.cpus.length],
    signature: cpuSignature(0x306f2),
    refused,
  }
}

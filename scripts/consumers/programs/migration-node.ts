/** What a user does with @xenlevel/migration/node: a file on disk is judged. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XenlevelError } from '@xenlevel/cpuid'
import { type ImageReport, verifyImage } from '@xenlevel/migration'
import { ImageFileError, verifyFile } from '@xenlevel/migration/node'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

/** libxl's header, its end record, and a byte too many. */
const IMAGE = [
  ...new TextEncoder().encode('LibxlFmt'),
  0,
  0,
  0,
  2,
  ...Array<number>(12).fill(0),
  42,
]

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const folder = await mkdtemp(join(tmpdir(), 'xenlevel-consumer-'))
  try {
    const file = join(folder, 'image')
    await writeFile(file, Uint8Array.from(IMAGE))
    const report: Found<ImageReport> = await verifyFile(file)
    const streamed = await verifyImage(Uint8Array.from(IMAGE))
    const absent: unknown = await verifyFile(join(folder, 'absent')).catch(
      (error: unknown) => error,
    )
    return {
      format: report.format,
      codes: report.findings.map(({ code }) => code),
      same: JSON.stringify(report.findings) === JSON.stringify(streamed.findings),
      absent: absent instanceof ImageFileError && absent instanceof XenlevelError && absent.code,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

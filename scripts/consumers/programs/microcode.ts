/** What a user does with @xenlevel/microcode: writes, reads, judges and chooses updates, and looks into a late load. */
import {
  buildEarlyCpio,
  encodeIntel,
  exploreLateLoad,
  type Finding,
  type LateLoadReport,
  type MicrocodeFile,
  parseMicrocode,
  type Selection,
  selectUpdate,
  verifyMicrocode,
} from '@xenlevel/microcode'

/** A type that was found; one that was not is `any`, and nothing can be given to `never`. */
type Found<Type> = 0 extends 1 & Type ? never : Type

/** An update for a Pentium Pro: its size fields are 0, which means 2048 bytes. */
function update(): Uint8Array {
  const words = new Uint32Array(512)
  const header = [1, 0xd2, 0x02181998, 0x619, 0, 1]
  words.set(header)
  words[4] = -header.reduce((sum, word) => sum + word)
  return new Uint8Array(words.buffer)
}

/** What it comes to. */
export async function answer(): Promise<Readonly<Record<string, unknown>>> {
  const initrd = buildEarlyCpio({ intel: encodeIntel([update()]) })
  const file: Found<MicrocodeFile> = parseMicrocode(initrd)
  const broken = update()
  broken[100] = 1
  const findings: Found<Finding[]> = verifyMicrocode(broken, { rules: 'linux' })
  const cpu = { vendor: 'Intel', signature: 0x619, platformId: 0, revision: 0x10 } as const
  const selection: Found<Selection> = selectUpdate(initrd, cpu, { release: '4.17.7' })
  const report: Found<LateLoadReport> = exploreLateLoad(
    { cores: 2, threadsPerCore: 1, vendor: 'Intel' },
    { release: '4.17.7' },
  )
  return {
    format: file.format,
    updates: file.updates.map(({ offset, revision, date }) => [offset, revision, date]),
    sound: verifyMicrocode(update(), { rules: 'linux' }),
    findings: findings.map(({ code, severity, message }) => ({ code, severity, message })),
    chosen: selection.update?.revision,
    deadlocks: report.deadlocks.length,
    outcomes: report.outcomes.length,
  }
}

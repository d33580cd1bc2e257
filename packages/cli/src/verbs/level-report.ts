/** `xenlevel level --html` and `--svg`: the report of a pool. */
import type { GuestKind } from '@xenlevel/core'
import { CommandError } from '../errors.js'
import { EXIT, type ExitStatus } from '../exit.js'
import { readGuests } from '../guests/read-fleet.js'
import type { Io } from '../io.js'
import type { Printer, Problem } from '../output/printer.js'
import type { LevelInputs } from './level-inputs.js'

/** What is reported on, and where it goes. */
export interface ReportRequest {
  /** The pool. */
  readonly inputs: LevelInputs
  /** The kind of guest. */
  readonly kind: Extract<GuestKind, 'hvm' | 'pv'>
  /** The options. */
  readonly values: {
    readonly html?: string
    readonly svg?: string
    readonly title?: string
    readonly guests?: readonly string[]
  }
  /** The world. */
  readonly io: Pick<Io, 'files' | 'stdin' | 'signal'>
  /** Where the answer goes. */
  readonly print: Printer
}

/** Writes the files, each as a whole or not at all. @throws {@link CommandError} where the hosts are not known one by one. */
export async function writeReports({
  inputs,
  kind,
  values,
  io,
  print,
}: ReportRequest): Promise<ExitStatus> {
  const { level, hosts } = inputs
  if (hosts.length === 0)
    throw new CommandError({
      code: 'REPORT_HOSTS',
      message: `A report shows hosts one by one, and of these ${level.count} only the level is kept: give the hosts themselves, 512 at most.`,
    })
  const problems: Problem[] = [...inputs.problems]
  const tell = (problem: Problem) => {
    problems.push(problem)
    print.problem(problem)
  }
  const guests = await readGuests(values.guests ?? [], io, { verb: 'level', tell })
  const { poolReport } = await import('../report/pool-report.js')
  const { title } = values
  const report = poolReport(hosts, {
    level,
    kind,
    guests,
    ...(title === undefined ? {} : { title }),
  })
  if (values.html !== undefined)
    await io.files.write(values.html, (await import('../report/page.js')).reportHtml(report))
  if (values.svg !== undefined)
    await io.files.write(values.svg, (await import('../report/picture.js')).reportSvg(report))
  const well = level.findings.every(({ severity }) => severity !== 'error')
  return well && problems.length === 0 ? EXIT.yes : EXIT.no
}

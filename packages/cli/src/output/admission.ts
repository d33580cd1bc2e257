/** An admission for people: yes or no, and why. */
import type { Admission, Reason, ReasonGrade } from '@xenlevel/core'
import type { ImageAdmission, StreamReason } from '@xenlevel/migration'
import type { Printer } from './printer.js'
import { count, paragraph, wrapped } from './text.js'

/** What is shown. */
export interface ShownAdmission {
  /** The host. */
  readonly host: string
  /** Its answer. */
  readonly admission: Admission | ImageAdmission
  /** Every reason as a sentence; without, those that refuse, features by name. */
  readonly all: boolean
}

type AnyReason = Reason | StreamReason

const GRADES: readonly ReasonGrade[] = ['refused', 'lost', 'degraded', 'cosmetic']

/** Shows it. */
export function showAdmission({ host, admission, all }: ShownAdmission, print: Printer): void {
  const { admitted, reasons, advice, evidence, judged } = admission
  const word = admitted ? print.style('green', 'yes') : print.style('red', 'no ')
  const doubts = [
    ...(evidence === 'estimated' ? ['the host’s offer is estimated'] : []),
    ...(judged === 'featureset' ? ['judged by features alone'] : []),
  ]
  print.lines(
    '',
    `${word}  ${print.style('bold', host)}${doubts.length === 0 ? '' : print.style('dim', ` (${doubts.join('; ')})`)}`,
  )
  for (const grade of GRADES) {
    const found = reasons.filter((reason) => reason.grade === grade)
    if (found.length === 0) continue
    if (all) showEach(grade, found, print)
    else if (grade === 'refused' || grade === 'lost') showGrouped(grade, found, print)
  }
  const slight = reasons.filter(({ grade }) => grade === 'degraded' || grade === 'cosmetic').length
  if (!all && slight > 0)
    print.lines(`     and ${count(slight, 'slighter difference')}, which --all shows`)
  if (admission.levelTo !== null)
    print.lines(
      '     what helps: start it anew at the level',
      `       ${admission.levelTo.featureset}`,
    )
  else if (advice !== null) print.lines(...told('what helps', advice, print))
}

function showEach(grade: ReasonGrade, reasons: readonly AnyReason[], print: Printer): void {
  for (const { message } of reasons) print.lines(...told(grade, message, print))
}

/** So many sentences about features are told one by one. */
const FEW = 2

function showGrouped(grade: ReasonGrade, reasons: readonly AnyReason[], print: Printer): void {
  const features = reasons.flatMap((reason) =>
    reason.code === 'feature-missing' && 'feature' in reason && reason.feature !== undefined
      ? [reason.feature]
      : [],
  )
  const named = features.length > FEW
  for (const { code, message } of reasons)
    if (!named || code !== 'feature-missing') print.lines(...told(grade, message, print))
  if (named)
    print.lines(
      `     ${grade}: it has seen ${count(features.length, 'feature')} that this host cannot offer:`,
      ...wrapped(features, { indent: '       ', width: print.width }),
    )
}

function told(word: string, message: string, print: Printer): string[] {
  const lines = paragraph(`${word}: ${message}`, { width: print.width - 7 })
  return lines.map((line, at) => `${at === 0 ? '     ' : '       '}${line}`)
}

/** Holds what the real Xen answered against what the simulated one answers on the same CPU. */
import { cpuPolicySchema } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import * as z from 'zod'
import { type Answers, interview } from './dom0/interview.js'
import { HarnessError } from './shell.js'

/** What dom0 wrote down. */
export interface RealAnswers {
  /** What follows major and minor of the version. */
  readonly extra: string
  /** Xen's command line. */
  readonly commandLine: string
  /** The interview. */
  readonly answers: Answers
}

/** How the two compare. */
export interface Comparison {
  /** How many answers are alike. */
  readonly same: number
  /** A sentence for each that is not. */
  readonly differences: readonly string[]
}

/** A simulated Xen on the CPU of the real one: built from its raw policy, its host featureset and its command line, from nothing else. */
function simulatedTwin({ answers, commandLine }: RealAnswers): SimulatedXen {
  const version = answers.version
  const hostFeatureset = answers['featureset host']
  if (
    version === null ||
    typeof version !== 'object' ||
    !('release' in version) ||
    typeof version.release !== 'string' ||
    typeof hostFeatureset !== 'string'
  )
    throw new HarnessError('dom0 wrote down neither release nor host featureset')
  return new SimulatedXen({
    raw: z.parse(cpuPolicySchema, answers['policy raw']),
    release: version.release,
    hostFeatureset: Featureset.parse(hostFeatureset),
    commandLine,
  })
}

/** Asks the twin the same, and compares answer by answer. */
export async function compareWithTwin(real: RealAnswers): Promise<Comparison> {
  const twin = await interview(simulatedTwin(real))
  const questions = [...new Set([...Object.keys(real.answers), ...Object.keys(twin)])]
  const differences = questions.flatMap((question) =>
    difference(question, real.answers[question], twin[question]),
  )
  return { same: questions.length - differences.length, differences }
}

function difference(question: string, real: unknown, simulated: unknown): string[] {
  const [a, b] = [linesOf(real), linesOf(simulated)]
  if (a.join('\n') === b.join('\n')) return []
  const [onlyReal, onlySimulated] = [
    a.filter((line) => !b.includes(line)),
    b.filter((line) => !a.includes(line)),
  ]
  return [
    `${question}: the real Xen says ${onlyReal.join(' ') || 'nothing more'}, the simulated one ${onlySimulated.join(' ') || 'nothing more'}`,
  ]
}

function linesOf(value: unknown): string[] {
  return (JSON.stringify(value, null, 1) ?? 'nothing').split('\n').map((line) => line.trim())
}

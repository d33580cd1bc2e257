/** `xenlevel explain`: why a level is what it is, and what would bring a feature back. */
import { type ExplainedLoss, explainLevel, type LevelExplanation } from '@xenlevel/core'
import { didYouMean } from '../did-you-mean.js'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { HOST_OPTIONS, HOSTS_HELP } from '../hosts/read-hosts.js'
import { listed, listedOf } from '../output/names.js'
import type { Printer } from '../output/printer.js'
import { columns, count, paragraph } from '../output/text.js'
import { defineVerb } from '../verb.js'
import { levelInputs } from './level-inputs.js'
import { LEVEL_OPTIONS } from './level-options.js'

/** The verb. */
export const explain = defineVerb({
  name: 'explain',
  operands: '[HOST…]',
  summary: 'what each lost feature means, who keeps it back, and who costs what',
  description: [
    'Explains the level of a pool: of each feature that some host has and the pool cannot promise, what losing it means to guests (security apart from speed), which hosts lack it, and the fewest hosts that would have to leave for it to come back, with all that would come back then.',
    HOSTS_HELP,
    'Exit status 1: a host could not be read.',
  ],
  options: {
    ...HOST_OPTIONS,
    feature: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      completes: 'feature',
      help: 'this feature alone',
    },
    ...LEVEL_OPTIONS,
    brief: { type: 'boolean', short: 'b', help: 'only who costs what' },
  },
  examples: [
    {
      command: 'xenlevel explain hosts/*.json',
      does: 'all that a pool loses, the weightiest first',
    },
    { command: 'xenlevel explain --feature AVX512F hosts/*.json', does: 'who keeps AVX-512 back' },
  ],
  async run({ io, values, operands, print }) {
    const { method, release } = values
    const { level, problems } = await levelInputs(operands, io, {
      verb: 'explain',
      release: values['xen-release'],
      options: {
        ...(method === undefined ? {} : { method }),
        ...(release === undefined ? {} : { release }),
      },
      tell: (problem) => print.problem(problem),
    })
    const explanation = explainLevel(level)
    const losses = chosen(explanation, values.feature)
    const ok = problems.length === 0
    if (values.json === true) {
      const { weights, costs, told, psabi } = explanation
      print.document({
        format: 'xenlevel/level-explanation',
        version: 1,
        ok,
        release: level.release,
        hosts: level.hosts,
        count: level.count,
        ...{ losses, weights, costs, told, psabi },
        problems,
      })
    } else {
      if (values.brief !== true) for (const loss of losses) showLoss(loss, print)
      if (values.feature === undefined) showWhole(explanation, print)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})

function chosen(
  { losses, level }: LevelExplanation,
  names: readonly string[] | undefined,
): readonly ExplainedLoss[] {
  if (names === undefined) return losses
  return names.flatMap((name) => {
    const wanted = name.toUpperCase().replaceAll('-', '_')
    const found = losses.filter(({ feature }) => feature === wanted)
    if (found.length > 0) return found
    const lost = losses.map(({ feature }) => feature)
    throw new UsageError(
      `${wanted} is no feature that this level loses${level.hvm.default.names().some((kept) => kept === wanted) ? ': it has it' : ''}.${didYouMean(wanted, lost)}`,
      'explain',
    )
  })
}

function showLoss({ feature, meaning, message }: ExplainedLoss, print: Printer): void {
  print.lines(
    `${print.style('bold', feature)}  ${meaning.aspect}, ${meaning.group}, weight ${meaning.weight}`,
    ...paragraph(message, { indent: '    ', width: print.width }),
  )
}

function showWhole({ costs, psabi, losses }: LevelExplanation, print: Printer): void {
  if (losses.length === 0) print.lines('Nothing is lost: all hosts offer the same.')
  if (costs.length > 0) print.lines('', 'What leaving alone would bring back:')
  print.lines(
    ...columns(
      costs.map((cost) => [
        listedOf(cost),
        count(cost.features.length, 'feature'),
        listed(
          cost.features.map(({ feature }) => feature),
          6,
        ),
      ]),
    ),
  )
  print.lines('', `The level reaches ${psabi.level ?? 'less than x86-64-v1'}.`)
  for (const missing of psabi.missing)
    print.lines(
      ...paragraph(`The next asks for ${missing.feature}, which is not on ${listedOf(missing)}.`, {
        indent: '  ',
        width: print.width,
      }),
    )
}

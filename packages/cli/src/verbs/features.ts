/** `xenlevel features`: the feature table of a release, and featuresets to names and back. */
import { psabiLevel } from '@xenlevel/core'
import {
  describeWordSource,
  type Feature,
  Featureset,
  type FeatureTable,
  featureTable,
} from '@xenlevel/cpuid'
import { didYouMean } from '../did-you-mean.js'
import { UsageError } from '../errors.js'
import { EXIT, type ExitStatus } from '../exit.js'
import type { Printer } from '../output/printer.js'
import { columns, count, wrapped } from '../output/text.js'
import { defineVerb } from '../verb.js'

const MASKS = [
  'known',
  'special',
  'accumulated',
  'pvMax',
  'pvDefault',
  'hvmShadowMax',
  'hvmShadowDefault',
  'hvmHapMax',
  'hvmHapDefault',
] as const

/** What is asked about. */
interface Question {
  /** One sentence that says what the list is. */
  readonly title: string
  /** The features. */
  readonly features: readonly Feature[]
  /** The same as a featureset, with bits that have no name. */
  readonly featureset: Featureset
}

/** The verb. */
export const features = defineVerb({
  name: 'features',
  operands: '[NAME… | FEATURESET]',
  summary: 'names of features, and featuresets in both directions',
  description: [
    'Without anything: every feature that a release of Xen names, with the register it is in and who may have it (A all guests, S HVM guests, H HVM guests with hardware-assisted paging; small letters: only if asked for; ! Xen decides case by case; | a guest sees it if any host of its pool has it).',
    'With a featureset (words as xapi or xen-cpuid write them): what is in it. With names: the featureset that holds them.',
  ],
  options: {
    release: {
      type: 'string',
      value: 'RELEASE',
      completes: 'release',
      help: 'the Xen release whose names and words are meant, such as 4.17 or 4.17.7; the newest by default',
    },
    requires: {
      type: 'string',
      value: 'NAME',
      completes: 'feature',
      help: 'what this feature needs, directly or through others',
    },
    dependents: {
      type: 'string',
      value: 'NAME',
      completes: 'feature',
      help: 'what goes when this feature goes',
    },
    mask: {
      type: 'string',
      value: 'MASK',
      choices: MASKS,
      help: 'what guests of a kind may have at most, or get when nobody asks',
    },
    names: { type: 'boolean', help: 'only names, one a line' },
  },
  examples: [
    { command: 'xenlevel features --release 4.17', does: 'every feature that Xen 4.17 names' },
    {
      command: 'xenlevel features 1fcbfbff-f7fa3223-2c100800-00000121',
      does: 'what is in a featureset',
    },
    { command: 'xenlevel features avx2 aesni', does: 'the featureset that holds two features' },
    { command: 'xenlevel features --dependents xsave', does: 'what goes without XSAVE' },
  ],
  async run({ values, operands, print }) {
    const table = featureTable(values.release)
    const chosen = [values.requires, values.dependents, values.mask].filter(
      (value) => value !== undefined,
    )
    if (chosen.length + (operands.length > 0 ? 1 : 0) > 1)
      throw new UsageError(
        'Ask one thing: a featureset, names, --requires, --dependents or --mask.',
        'features',
      )
    const question =
      values.requires !== undefined
        ? related(values.requires, 'requirements', table)
        : values.dependents !== undefined
          ? related(values.dependents, 'dependents', table)
          : values.mask !== undefined
            ? ofSet(`The mask ${values.mask}`, table.mask(values.mask), table)
            : operands.length > 0
              ? asked(operands, table)
              : ofSet('The features', table.mask('known'), table)
    if (values.json === true) print.document(documentOf(question, table))
    else if (values.names === true) print.lines(...question.features.map(({ name }) => name))
    else show(question, table, print, operands.length > 0)
    return EXIT.yes satisfies ExitStatus
  },
})

function related(
  name: string,
  which: 'requirements' | 'dependents',
  table: FeatureTable,
): Question {
  const feature = named(name, table)
  const names = table[which](feature.name)
  const what =
    which === 'requirements' ? `What ${feature.name} needs` : `What goes when ${feature.name} goes`
  return ofSet(what, Featureset.fromNames(names, table), table)
}

function asked(operands: readonly string[], table: FeatureTable): Question {
  const [first = ''] = operands
  if (/^(0x)?[0-9a-f]{8}([-:]|$)/i.test(first)) {
    const sets = operands.map((text) => Featureset.parse(text))
    const all = sets.reduce((whole, set) => whole.or(set), Featureset.empty)
    return ofSet(sets.length === 1 ? 'The featureset' : 'The featuresets together', all, table)
  }
  const names = operands.flatMap((text) => text.split(',')).filter((name) => name !== '')
  const found = names.map((name) => named(name, table).name)
  return ofSet('The featureset', Featureset.fromNames(found, table), table)
}

function named(name: string, table: FeatureTable): Feature {
  const feature = table.feature(/^\d+$/.test(name) ? Number(name) : name)
  if (feature !== undefined) return feature
  const all = table.features.flatMap((each) => [each.name, each.lowerName])
  const elsewhere = featureTable().feature(name)
  throw new UsageError(
    `Xen ${table.release} has no feature named "${name}".${
      elsewhere === undefined
        ? didYouMean(name, all)
        : ` Xen ${featureTable().release} has: give --release.`
    }`,
    'features',
  )
}

function ofSet(title: string, featureset: Featureset, table: FeatureTable): Question {
  return {
    title,
    featureset,
    features: featureset.names(table).flatMap((name) => table.feature(name) ?? []),
  }
}

function placeOf({ word, bitInWord }: Feature, table: FeatureTable): string {
  return `${describeWordSource(table.words[word]?.source ?? null)} bit ${bitInWord}`
}

function documentOf({ features: found, featureset }: Question, table: FeatureTable): object {
  return {
    format: 'xenlevel/features',
    version: 1,
    ok: true,
    release: table.release,
    featureset: featureset.toString('-', table.words.length),
    features: found.map((feature) => ({
      name: feature.name,
      lowerName: feature.lowerName,
      bit: feature.bit,
      place: placeOf(feature, table),
      attributes: feature.attributes,
    })),
    unnamedBits: featureset.unknownBits(table),
    psabi: psabiLevel(featureset, table).level,
  }
}

function show(
  { title, features: found, featureset }: Question,
  table: FeatureTable,
  print: Printer,
  short: boolean,
): void {
  print.lines(`${title} in Xen ${table.release}: ${count(found.length, 'feature')}`)
  if (short) {
    const { level } = psabiLevel(featureset, table)
    print.lines(
      ...wrapped(
        found.map(({ name }) => name),
        { width: print.width },
      ),
      `  as words  ${featureset.toString('-', table.words.length)}`,
      `  psABI     ${level ?? 'below x86-64-v1'}`,
    )
  } else {
    print.lines(
      ...columns(
        found.map((feature) => [
          feature.name,
          feature.lowerName,
          placeOf(feature, table),
          feature.attributes,
        ]),
      ),
    )
  }
  const unnamed = featureset.unknownBits(table)
  if (unnamed.length > 0)
    print.lines(`  without a name in this release: bits ${unnamed.join(', ')}`)
}

/** Combining featuresets one by one: exact cases. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { combineFeaturesets, FeaturesetCombiner } from './combine.js'

describe('combineFeaturesets', () => {
  it.each(['4.7', '4.13', '4.16', '4.22'])(
    'changes no other bit where Xen %s does not know a return prediction',
    (release) => {
      const everything = Featureset.fromWords(featureTable(release).words.map(() => 0xffff_ffff))
      expect(combineFeaturesets([everything], { release }).words[0]).toBe(0xffff_ffff)
    },
  )

  it('keeps bits past the words that any release has', () => {
    const long = (word: number) => Featureset.fromWords(Array.from({ length: 40 }, () => word))
    const level = combineFeaturesets([long(7), long(5), Featureset.fromWords([4])], {
      method: 'intersection',
    })
    expect(level.words).toEqual([4, ...Array.from({ length: 39 }, () => 0)])
    expect(combineFeaturesets([long(7), long(5)], { method: 'intersection' })).toEqual(long(5))
  })
})

describe('FeaturesetCombiner', () => {
  const named = (...names: string[]) => Featureset.fromNames(names)
  const namesOf = (combiner: FeaturesetCombiner) => combiner.result().names()

  it('counts the sets that have words', () => {
    const combiner = new FeaturesetCombiner()
    expect(combiner.count).toBe(0)
    combiner.add(named('FPU'))
    combiner.add(Featureset.empty)
    combiner.addText('')
    combiner.addText('3')
    expect(combiner.count).toBe(2)
  })

  it('reads as many words as a text can hold', () => {
    const combiner = new FeaturesetCombiner({ method: 'intersection' })
    combiner.addText('f')
    const words = Array.from({ length: 41 }, (_, index) => index % 10)
    combiner.addText(words.join('-'))
    expect(combiner.result().words).toEqual(words.map(() => 0))
    const again = new FeaturesetCombiner({ method: 'intersection' })
    again.addText(words.join('-'))
    again.addText(words.join(':'))
    expect(again.result().words).toEqual(words)
  })

  it('forgets all of a text that ends in an error', () => {
    const combiner = new FeaturesetCombiner()
    expect(() => combiner.addText(`${named('FPU', 'MD_CLEAR')}-x`)).toThrow(
      expect.objectContaining({ code: 'FEATURESET_SYNTAX' }),
    )
    expect(combiner.count).toBe(0)
    combiner.addText('1-0-0-0-0-0-0-0-0')
    combiner.add(named('FPU'))
    expect(namesOf(combiner)).toEqual(['FPU'])
  })

  it('remembers what any set has when a longer one comes', () => {
    const combiner = new FeaturesetCombiner()
    combiner.add(named('FPU', 'MD_CLEAR'))
    combiner.add(Featureset.fromWords([1, ...Array.from({ length: 39 }, () => 0)]))
    expect(namesOf(combiner)).toEqual(['FPU', 'MD_CLEAR'])
  })

  it('takes sets of which it knows no more than what all and what any have', () => {
    const combiner = new FeaturesetCombiner()
    combiner.addSpan(named('FPU', 'TSC'), named('FPU', 'TSC', 'PSE', 'MD_CLEAR'))
    expect(namesOf(combiner)).toEqual(['FPU', 'TSC', 'MD_CLEAR'])
    combiner.addSpan(named('FPU'), named('FPU', 'TSC'))
    expect(namesOf(combiner)).toEqual(['FPU', 'MD_CLEAR'])
    const same = named('FPU')
    combiner.addSpan(same, same)
    expect(namesOf(combiner)).toEqual(['FPU', 'MD_CLEAR'])
  })
})

/** Releases put together from the newest one and a list of changes, with a history small enough to be seen whole. */
import { describe, expect, it } from 'vitest'
import { FeatureDeclarationError } from './declarations.js'
import { declarationsOf, type FeatureChange, type FeatureHistory } from './history.js'

const words = Array.from({ length: 10 }, (_, index) => ({ index, source: null }))

const history = (
  ...changes: readonly FeatureChange<string>[]
): Pick<FeatureHistory<string>, 'words' | 'changes' | 'wordDependencies'> => ({
  words,
  changes,
  wordDependencies: {},
})

describe('declarationsOf', () => {
  const whole: FeatureHistory<string> = {
    ...history(
      {
        landed: ['4.8.0', '4.7.2'],
        attributes: { ONE: ['', 'A'] },
        add: ['TWO'],
        needs: { ONE: ['OLDEST'] },
      },
      {
        landed: ['4.9.0'],
        moved: { THREE: [2, 288] },
        renamed: { THREE: 'DREI' },
        frees: { OLDEST: ['TWO'] },
        words: 10,
      },
    ),
    features: [
      ['OLDEST', 4, 'S'],
      ['ONE', 0, 'A'],
      ['TWO', 1, '!'],
      ['THREE', 288, 'H'],
    ],
    dependencies: { ONE: ['OLDEST', 'THREE'] },
    wordDependencies: { TWO: [9] },
  }

  it.each([
    ['4.7.0', 9, { OLDEST: [4, 'S'], ONE: [0, ''], DREI: [2, 'H'] }, { ONE: ['DREI'] }],
    [
      '4.7.2',
      9,
      { OLDEST: [4, 'S'], ONE: [0, 'A'], TWO: [1, '!'], DREI: [2, 'H'] },
      { ONE: ['DREI', 'OLDEST'], OLDEST: ['TWO'] },
    ],
    [
      '4.9.1',
      10,
      { OLDEST: [4, 'S'], ONE: [0, 'A'], TWO: [1, '!'], THREE: [288, 'H'] },
      { ONE: ['THREE', 'OLDEST'], TWO: ['THREE'] },
    ],
  ])('of %s', (release, count, features, dependencies) => {
    const { declarations, dependencies: found } = declarationsOf(whole, release)
    expect(declarations.words).toEqual(words.slice(0, count))
    expect(
      Object.fromEntries(declarations.features.map(([name, ...facts]) => [name, facts])),
    ).toEqual(features)
    expect(found).toEqual(dependencies)
  })

  it('passes over what is said of a feature that the newest release no longer has', () => {
    const { declarations, dependencies } = declarationsOf(
      {
        ...history({
          landed: ['4.8.0'],
          add: ['GONE'],
          attributes: { GONE: ['A', 'S'] },
          needs: { ONE: ['GONE'] },
        }),
        features: [['ONE', 0, 'A']],
        dependencies: {},
      },
      '4.9.0',
    )
    expect(declarations.features).toEqual([['ONE', 0, 'A']])
    expect(dependencies).toEqual({})
  })

  it('refuses a change that does not fit what was before it', () => {
    const attempt = () =>
      declarationsOf(
        {
          ...history(
            { landed: ['4.8.0'], attributes: { ONE: ['', 'A'] } },
            { landed: ['4.9.0'], attributes: { ONE: ['S', '!'] } },
          ),
          features: [['ONE', 0, '!']],
          dependencies: {},
        },
        '4.9.0',
      )
    expect(attempt).toThrow(FeatureDeclarationError)
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'HISTORY_BROKEN',
        message: 'A change says that ONE was "S", but it was "A".',
        details: { name: 'ONE', before: 'S', value: 'A' },
      }),
    )
  })
})

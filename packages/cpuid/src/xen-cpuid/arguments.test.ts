import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.js'

const USAGE = 'Usage: xen-cpuid [ info | detail | <featureset>* ]\n'

describe('what is asked', () => {
  it.each([
    [[], { mode: 'info' }],
    [['info', 'ffff'], { mode: 'info' }],
    [['-i'], { mode: 'info' }],
    [['detail'], { mode: 'detail' }],
    [['-d'], { mode: 'detail' }],
    [['-v', 'ffff'], { mode: 'detail' }],
    [['-iv'], { mode: 'detail' }],
    [['--verb', '--in'], { mode: 'info' }],
    [['--', 'info'], { mode: 'info' }],
    [[''], { mode: 'interpret', featuresets: [''] }],
    [['1', 'info'], { mode: 'interpret', featuresets: ['1', 'info'] }],
    [['--', '-1', '--'], { mode: 'interpret', featuresets: ['-1', '--'] }],
    [['-'], { mode: 'interpret', featuresets: ['-'] }],
  ])('%j', (args, request) => {
    expect(readArguments(args)).toEqual(request)
  })
})

describe('whose policies', () => {
  it.each([
    [['-p'], -1],
    [['--p'], -1],
    [['-p', ''], -1],
    [['-p', '-v', '-p'], -1],
    [['-p', '5', '-p'], 5],
    [['-p5'], 5],
    [['-ip', '5'], 5],
    [['ffff', '-p', '5'], 5],
    [['--policy=5'], 5],
    [['--pol', '5'], 5],
    [['-p', '5abc'], 5],
    [['-p', ' +5'], 5],
    [['-p', '010'], 8],
    [['-p', '08'], 0],
    [['-p', '0x1f'], 31],
    [['-p', '0xg'], 0],
    [['-p-2'], -2],
    [['-p', '4294967295'], -1],
    [['-p', '4294967301'], 5],
    [['-p', '9223372036854775807'], -1],
    [['-p-9223372036854775808'], 0],
    [['-p', `0x${'0'.repeat(1000)}5`], 5],
  ])('%j', (args, domainId) => {
    expect(readArguments(args)).toEqual({ mode: 'policy', domainId })
  })

  it.each([
    [['-p', 'abc'], 'strtol(abc,,): Success'],
    [['-pd'], 'strtol(d,,): Success'],
    [['--policy='], 'strtol(,,): Success'],
    [['-p', '9223372036854775808'], 'strtol(9223372036854775808,,): Numerical result out of range'],
    [['-p-9223372036854775809'], 'strtol(-9223372036854775809,,): Numerical result out of range'],
    [['-p', '9'.repeat(50)], `strtol(${'9'.repeat(50)},,): Numerical result out of range`],
  ])('not %j', (args, problem) => {
    expect(readArguments(args)).toEqual({
      mode: 'done',
      output: { stdout: '', stderr: `xen-cpuid: ${problem}\n`, rc: 1 },
    })
  })
})

describe('help', () => {
  it.each([[['-h']], [['--he', '-x']], [['-vh']], [['info', '-h']]])('%j', (args) => {
    expect(readArguments(args)).toEqual({
      mode: 'done',
      output: { stdout: USAGE, stderr: '', rc: 0 },
    })
  })

  it.each([
    [['-x'], "invalid option -- 'x'"],
    [['-1'], "invalid option -- '1'"],
    [['-i-'], "invalid option -- '-'"],
    [['-é'], "invalid option -- '\ufffd'"],
    [['ffff', '--foo'], "unrecognized option '--foo'"],
    [['--foo=1'], "unrecognized option '--foo=1'"],
    [['---'], "unrecognized option '---'"],
    [['--inf=3'], "option '--info' doesn't allow an argument"],
    [
      ['--=x'],
      "option '--=x' is ambiguous; possibilities: '--help' '--info' '--detail' '--verbose' '--policy'",
    ],
  ])('is what a bad option gets: %j', (args, problem) => {
    expect(readArguments(args)).toEqual({
      mode: 'done',
      output: { stdout: `Bad option '?'\n${USAGE}`, stderr: `xen-cpuid: ${problem}\n`, rc: 0 },
    })
  })
})

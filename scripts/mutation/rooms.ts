/** What is mutated: the code of each package that judges, and the tests that ought to notice. */

/** A package's judging code. */
export interface Room {
  readonly name: string
  /** Globs of the files that are changed; a leading `!` takes files out again. */
  readonly judges: readonly string[]
  /** Globs of the tests that are run against each change. Tests that start processes or run for many seconds see the same code through these. */
  readonly tests: readonly string[]
  /** Packages that it stands on and that do not change: their tests see them built. Those they stand on come first. */
  readonly built: readonly string[]
}

const notTests = (name: string) => [
  `!packages/${name}/src/**/*.test.ts`,
  `!packages/${name}/src/**/*.testing.ts`,
]

/** In the order in which they are run. */
export const ROOMS: readonly Room[] = [
  {
    name: 'cpuid',
    judges: [
      'packages/cpuid/src/features/{closure,flatten,header,history,mapping,registers,table,releases}.ts',
      'packages/cpuid/src/{featureset,featureset-text,signature,records,words}.ts',
    ],
    tests: [
      'packages/cpuid/src/*.test.ts',
      'packages/cpuid/src/features/*.test.ts',
      'packages/cpuid/src/dump/host-featureset.test.ts',
    ],
    built: [],
  },
  {
    name: 'core',
    judges: [
      'packages/core/src/guest/*.ts',
      'packages/core/src/xen/{audit,clamp,clamp-steps,compatibility-bits,recalculate}.ts',
      'packages/core/src/pool/{combine,findings,losses,level,folded-level}.ts',
      ...notTests('core'),
    ],
    tests: [
      'packages/core/src/guest/*.test.ts',
      'packages/core/src/xen/{audit,clamp,clamp-steps,compatibility-bits,recalculate}.test.ts',
      'packages/core/src/xen/{vectors,recorded-hosts,levelling-caps}.test.ts',
      'packages/core/src/policy/vectors.test.ts',
      'packages/core/src/pool/{combine,combiner,findings,folded-level,level,leveller,levelled-guest,losses,read-level,xapi-cpuid}.test.ts',
    ],
    built: ['cpuid'],
  },
  {
    name: 'microcode',
    judges: [
      'packages/microcode/src/select/{select,xen,rules,choice,reasons,load}.ts',
      'packages/microcode/src/{amd,intel}/{checks,verify}.ts',
    ],
    tests: [
      'packages/microcode/src/{select,amd,intel}/*.test.ts',
      'packages/microcode/src/{mutations,verify}.test.ts',
    ],
    built: ['cpuid', 'core'],
  },
  {
    name: 'migration',
    judges: [
      'packages/migration/src/verify/{checkpoints,finding-list,hvm-context,hvm,judged-lists,judgement,libxc,libxl,list-words}.ts',
      'packages/migration/src/verify/{policy-faults,policy,pv-contents,pv-frames,pv-pages,pv-vcpus,pv,record-rules,rules}.ts',
      'packages/migration/src/verify/{order,page-tally,pages,pfn-set,verifier,wrappers,xenstore-data}.ts',
      'packages/migration/src/{admit,admit-reasons}.ts',
    ],
    tests: [
      // What time.test.ts limits, every change would exceed.
      'packages/migration/src/verify/!(time).test.ts',
      'packages/migration/src/{verify-recorded,verify-fuzz-recorded,admit,admit-reasons,admit-recorded}.test.ts',
    ],
    built: ['cpuid', 'core'],
  },
]

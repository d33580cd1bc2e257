/** The packages: what each stands on, and what of it users get. */

/** A package as it is published. */
export interface PublishedPackage {
  /** Its folder below packages/. */
  readonly folder: string
  /** Packages of this project that it needs, found in one installation with it. */
  readonly needs: readonly string[]
  /** Everything that it may hold; each has to be there. Chunks carry a digest of their content. */
  readonly files: readonly (string | RegExp)[]
}

/** What every package holds. */
export const COMMON_FILES: readonly string[] = ['LICENSE', 'README.md', 'package.json']

/** What a package holds from its first release on. */
export const RELEASED_FILE = 'CHANGELOG.md'

/** An entry in both module systems with its types. */
const entry = (name: string): readonly string[] =>
  ['js', 'cjs', 'd.ts', 'd.cts'].map((ending) => `dist/${name}.${ending}`)

/** What several entries share: a chunk of code for each module system, and one of types. */
const SHARED_CODE = [/^dist\/chunk-[A-Z0-9]{8}\.js$/, /^dist\/chunk-[A-Z0-9]{8}\.cjs$/]
const SHARED_TYPES = [/^dist\/[a-z-]+-[\w-]{8}\.d\.ts$/, /^dist\/[a-z-]+-[\w-]{8}\.d\.cts$/]

/** Every package that is published. */
export const PACKAGES: readonly PublishedPackage[] = [
  {
    folder: 'cpuid',
    needs: [],
    files: ['THIRD-PARTY-NOTICES.md', ...entry('index'), 'dist/bin/xenlevel-gen.js'],
  },
  {
    folder: 'core',
    needs: ['cpuid'],
    files: [
      ...entry('index'),
      ...entry('io-ts'),
      ...SHARED_CODE,
      ...SHARED_TYPES,
      'schemas/cpu-policy.json',
      'schemas/host-snapshot.json',
      'schemas/pool-level.json',
    ],
  },
  { folder: 'microcode', needs: ['cpuid'], files: entry('index') },
  {
    folder: 'migration',
    needs: ['core', 'cpuid'],
    files: [...entry('index'), ...entry('node'), ...SHARED_CODE, ...SHARED_TYPES],
  },
  {
    folder: 'hw-xen',
    needs: ['core', 'cpuid', 'microcode'],
    files: [...entry('index'), ...entry('simulated'), ...entry('conformance'), ...SHARED_CODE],
  },
  {
    folder: 'cli',
    needs: [],
    files: [
      'THIRD-PARTY-NOTICES.md',
      'dist/main.mjs',
      /^dist\/[a-z-]+-[A-Z0-9]{8}\.mjs$/,
      /^schemas\/[a-z-]+\.json$/,
    ],
  },
]

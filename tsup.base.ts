import { defineConfig } from 'tsup'

/** The one build of every package: both module systems, types for both, dependencies left outside unless named in `bundle`. */
export function library(options: { entry?: string[]; bundle?: RegExp[] } = {}) {
  return defineConfig({
    entry: options.entry ?? ['src/index.ts'],
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { customConditions: ['@xenlevel/source'] } },
    target: 'node20',
    clean: ['dist/*.*'],
    treeshake: true,
    // A class that two entries share must be one class: what `core/io-ts` decodes is given to `core`.
    splitting: true,
    // A text of one byte a character is compiled in two thirds of the time at import.
    esbuildOptions: (esbuild) => {
      esbuild.charset = 'ascii'
    },
    noExternal: options.bundle ?? [],
  })
}

/** A command of a package: one file each, for Node alone, without types. */
export function program(entry: Record<string, string>, bundle: RegExp[] = []) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    treeshake: true,
    splitting: false,
    noExternal: bundle,
  })
}

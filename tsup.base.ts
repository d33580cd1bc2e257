import { defineConfig } from 'tsup'

/** The one build of every package: both module systems, types for both, dependencies left outside unless named in `bundle`. */
export function library(options: { entry?: string[]; bundle?: RegExp[] } = {}) {
  return defineConfig({
    entry: options.entry ?? ['src/index.ts'],
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { customConditions: ['@xenlevel/source'] } },
    target: 'node20',
    clean: true,
    treeshake: true,
    splitting: false,
    noExternal: options.bundle ?? [],
  })
}

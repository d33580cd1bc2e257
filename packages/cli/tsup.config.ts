import { defineConfig } from 'tsup'

/**
 * One program that needs nothing beside it. What a verb needs is a chunk of its own and read when the verb is asked for; koffi, which is
 * native, is looked for when a running Xen is.
 */
export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  target: 'node20',
  clean: true,
  treeshake: false,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  noExternal: [/^@xenlevel\//, /^zod/, /^bigint-buffer/],
  external: ['koffi'],
  esbuildOptions: (esbuild) => {
    esbuild.charset = 'ascii'
    // From the sources, so that a chunk holds what its verbs use of a package and no more.
    esbuild.conditions = ['@xenlevel/source']
  },
})

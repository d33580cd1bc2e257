import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Options } from 'tsup'

const packages = join(dirname(fileURLToPath(import.meta.url)), '..')
type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Where a package's index takes each name from. */
function homesOf(name: string): Map<string, string> {
  const source = join(packages, name, 'src')
  const index = readFileSync(join(source, 'index.ts'), 'utf8')
  const homes = new Map<string, string>()
  for (const [, names = '', file = ''] of index.matchAll(
    /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm,
  ))
    for (const part of names.split(',').map((text) => text.trim().replace(/^type /, '')))
      if (part !== '') homes.set(part, join(source, file.replace(/\.js$/, '.ts')))
  return homes
}

/**
 * Names are imported from where they are at home. Through the index of a package every verb would reach all of it, and the bundler, which
 * looks at files and not at what is used of them, would give all verbs one large chunk.
 */
const directImports: Plugin = {
  name: 'direct-imports',
  setup(build) {
    const known = new Map<string, Map<string, string>>()
    build.onLoad({ filter: /\/packages\/[\w-]+\/src\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(
        /^import (type )?\{([^}]*)\} from '@xenlevel\/([\w-]+)'/gm,
        (statement, types: string | undefined, names: string, name: string) => {
          if (types !== undefined) return ''
          const homes = known.get(name) ?? homesOf(name)
          known.set(name, homes)
          const wanted = names.split(',').map((part) => part.trim())
          const values = wanted.filter((part) => part !== '' && !part.startsWith('type '))
          const direct = values.map((part) => {
            const home = homes.get(part.split(' as ')[0] ?? part)
            return home === undefined
              ? undefined
              : `import { ${part} } from ${JSON.stringify(home)}`
          })
          return direct.includes(undefined) ? statement : direct.join(';')
        },
      ),
    }))
  },
}

/**
 * One program that needs nothing beside it. What a verb needs is in chunks that are read when the verb is asked for; koffi, which is
 * native, is looked for when a running Xen is.
 */
export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  // Node asks no package.json what a file of this name is.
  outExtension: () => ({ js: '.mjs' }),
  target: 'node20',
  clean: true,
  treeshake: false,
  splitting: true,
  minifyWhitespace: true,
  minifySyntax: true,
  noExternal: [/^@xenlevel\//, /^zod/, /^bigint-buffer/],
  external: ['koffi'],
  esbuildPlugins: [directImports],
  esbuildOptions: (esbuild) => {
    esbuild.charset = 'ascii'
    // From the sources, so that a chunk holds what its verbs use of a package and no more.
    esbuild.conditions = ['@xenlevel/source']
  },
})

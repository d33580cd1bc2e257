/**
 * The thread as plain JavaScript. Run by tsx, each import() of the library would cost a millisecond, and a run of a night would see what is
 * changed in the tree meanwhile.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'tsup'

/** Builds it and returns where it is. */
export async function bundleThread(): Promise<URL> {
  const folder = new URL('../../.cache/fuzz/', import.meta.url)
  await build({
    config: false,
    entry: { thread: fileURLToPath(new URL('./worker.ts', import.meta.url)) },
    outDir: fileURLToPath(folder),
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    platform: 'node',
    target: 'node20',
    splitting: true,
    clean: true,
    silent: true,
    noExternal: [/^@xenlevel\//, /^bigint-buffer/],
    external: ['koffi'],
    esbuildOptions: (options) => {
      options.conditions = ['@xenlevel/source']
    },
    esbuildPlugins: [
      {
        name: 'own-places',
        setup({ onLoad }) {
          // Fixtures are found from where a file of ours is, not from where it was bundled to.
          onLoad({ filter: /\/(?:packages|scripts|fixtures)\/[^:]*\.ts$/ }, async ({ path }) => {
            const contents = await readFile(path, 'utf8')
            const place = JSON.stringify(pathToFileURL(path).href)
            return { contents: contents.replaceAll('import.meta.url', place), loader: 'ts' }
          })
        },
      },
    ],
  })
  return new URL('thread.mjs', folder)
}

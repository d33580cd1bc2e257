/**
 * Bundles the page into one HTML file that needs nothing else. The name of the file may be given; its size and how to open it are told.
 *
 *     node scripts/run.mjs examples/browser/bundle.ts [FILE.html]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'tsup'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const output = resolve(process.argv[2] ?? join(tmpdir(), 'xenlevel-pool.html'))

const folder = mkdtempSync(join(tmpdir(), 'xenlevel-bundle-'))
try {
  await build({
    config: false,
    silent: true,
    entry: { page: here('page.mts') },
    tsconfig: here('tsconfig.json'),
    outDir: folder,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    outExtension: () => ({ js: '.js' }),
    noExternal: [/./],
    // This repository's packages are bundled from their sources. In a project of your own leave this out.
    esbuildOptions: (esbuild) => {
      esbuild.conditions = ['@xenlevel/source']
    },
  })
  const script = readFileSync(join(folder, 'page.js'), 'utf8').replaceAll('</script', '<\\/script')
  const page = readFileSync(here('page.html'), 'utf8')
  writeFileSync(
    output,
    page.replace('/* page.mts, bundled */', () => script),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const bytes = readFileSync(output)
const kilobytes = (size: number) => `${(size / 1000).toFixed(0)} kB`
console.log(`${output}: ${kilobytes(bytes.length)}, gzipped ${kilobytes(gzipSync(bytes).length)}`)
console.log(
  `Open ${pathToFileURL(output)} in a browser, and drop the files of fixtures/hosts on it.`,
)

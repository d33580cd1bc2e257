/** The rooms of the architecture page: what it names is there, and every file of a package stands in a room that it names. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Files whose names say everything, in whatever room they are. */
const SAYS_IT_ITSELF = /(?:^|\/)(?:index|errors|types)\.ts$/
/** Files beside those that they are named for. */
const BESIDE = /\.(?:test|testing|d)\.ts$/
/** A place from the top of the packages. */
const WHOLE = /^[\w-]+\/src\//

const files = readdirSync(join(root, 'packages')).flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${name}/src/${file}`),
)

/** The places in the first column of a row; one that does not begin at a package stands beside the one before it. */
function placesOf(row: string): string[] {
  const [, cell = ''] = row.split('|')
  let beside = ''
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, place = '']) => {
    if (!WHOLE.test(place)) return `${beside}${place}`
    beside = place.replace(/[^/]+\/?$/, '')
    return place
  })
}

/** Whether a file stands in a place: a folder, a file, or files whose name has anything for a star. */
function standsIn(place: string): (file: string) => boolean {
  if (place.endsWith('/')) return (file) => file.startsWith(place)
  const parts = place.split('*').map((part) => part.replaceAll('.', '\\.'))
  const pattern = new RegExp(`^${parts.join('[^/]*')}$`)
  return (file) => pattern.test(file)
}

const places = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `') && WHOLE.test(line.slice(3)))
  .flatMap(placesOf)

it('are many', () => {
  expect(places.length).toBeGreaterThan(150)
  expect(files.length).toBeGreaterThan(500)
})

it('are there, each that the page names', () => {
  expect(places.filter((place) => !files.some(standsIn(place)))).toEqual([])
})

it('have a place for every file', () => {
  const named = places.map(standsIn)
  const homeless = files.filter(
    (file) =>
      !BESIDE.test(file) && !SAYS_IT_ITSELF.test(file) && !named.some((stands) => stands(file)),
  )
  expect(homeless).toEqual([])
})

/** The signs of the picture: the same as on the page, drawn as lines, many in one path. */
import { type Markup, markup } from './markup.js'
import type { FeatureState } from './types.js'

/** What is drawn: the codes of cells, and of those the level loses a feature for. */
export type Sign = 'y' | 'r' | 'h' | 'n' | 'u' | 'x' | 'i'

/** The sign of a cell. */
export function signOf(code: string, state: FeatureState): Sign {
  if (code === 'y' || code === 'r' || code === 'u') return code
  if (code === 'h') return state === 'lost' ? 'i' : 'h'
  return state === 'lost' ? 'x' : 'n'
}

/** What the level does, in the signs of hosts. */
export const SIGN_OF_STATE: Readonly<Record<FeatureState, Sign>> = {
  kept: 'y',
  lost: 'x',
  uncounted: 'n',
  'on-request': 'r',
  'some-on-request': 'n',
}

const RING = 'm-2.8 0a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0'
const CROSS = 'm-2.8 -2.8l5.6 5.6m0 -5.6l-5.6 5.6'

/** The strokes of each sign, from its middle; the class says how they are drawn. */
const STROKES: Readonly<Record<Sign, readonly (readonly [style: string, strokes: string])[]>> = {
  y: [['y', 'h0']],
  r: [
    ['r', RING],
    ['r2', 'm0 -2.8a2.8 2.8 0 0 0 0 5.6z'],
  ],
  h: [['h', RING]],
  n: [['n', 'm-2.5 0h5']],
  u: [['u', 'm-4 3l6 -6m-2 7l6 -6']],
  x: [['x', CROSS]],
  i: [
    ['x', CROSS],
    ['i', 'm-4.6 -4.6h9.2v9.2h-9.2z'],
  ],
}

/** Gathers signs by the way they are drawn, one path each. */
export class Signs {
  readonly #paths = new Map<string, string>()

  /** Adds a sign. */
  add(sign: Sign, x: number, y: number): void {
    for (const [style, strokes] of STROKES[sign]) {
      this.#paths.set(style, `${this.#paths.get(style) ?? ''}M${round(x)} ${round(y)}${strokes}`)
    }
  }

  /** The paths. */
  drawn(): Markup[] {
    return [...this.#paths].map(([style, path]) => markup`<path class="${style}" d="${path}"/>\n`)
  }
}

function round(number: number): number {
  return Math.round(number * 10) / 10
}

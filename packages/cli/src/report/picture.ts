/** The matrix alone, as a picture that prints: hosts × features, laid out in as many columns as make a page of it. */
import { Markup, markup } from './markup.js'
import { narrowed } from './narrow.js'
import { type Block, type Layout, layOut, SIZES } from './picture-layout.js'
import { SIGN_OF_STATE, type Sign, Signs, signOf } from './picture-signs.js'
import type { PoolReport, ReportFeature } from './types.js'
import { columnName, count, GUESTS, STATES } from './wording.js'

const STYLE = `text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;font-size:10px;fill:#1b1f23}
.t{font-size:20px;font-weight:650}.m{fill:#59636d}.w{font-size:11px;font-weight:650}.f{font-family:ui-monospace,SFMono-Regular,Menlo,"Cascadia Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:9px}
.f.lost{fill:#a2300f;font-weight:700}.bg{fill:#fff}.b{fill:#fcf3ef}.l{stroke:#dfe3e7;stroke-width:.5}.hit{fill:transparent}
path{fill:none;stroke:#4b555f;stroke-width:1.1}.y{stroke-width:5.5;stroke-linecap:round}.r2{fill:#4b555f;stroke:none}.x{stroke:#a2300f;stroke-width:1.5}.i{stroke:#a2300f;stroke-width:.8;stroke-dasharray:1.5 1.2}.n{stroke:#858f99}.u{stroke:#c3cad1;stroke-width:.7}
@media screen and (prefers-color-scheme:dark){text{fill:#e5e8eb}.m{fill:#9ba6b1}.f.lost{fill:#ff9f85}.bg{fill:#111416}.b{fill:#241a17}.l{stroke:#2b3138}path{stroke:#aab4be}.r2{fill:#aab4be}.x,.i{stroke:#ff9f85}.n{stroke:#727d88}.u{stroke:#444e58}}`

/**
 * The matrix of a report as an SVG file: what each host offers, and what the level makes of it. It holds no script and asks for nothing; a
 * browser shows what a row says when the pointer rests on it.
 */
export function reportSvg(whole: PoolReport): string {
  const report = narrowed(whole)
  const layout = layOut(report)
  const { width, height } = layout
  const hidden = whole.columns.length - report.columns.length
  const left = hidden === 0 ? '' : ` (${count(hidden, 'kind')} of them not shown)`
  const kept = report.features.filter(({ state }) => state === 'kept').length
  const lost = report.features.filter(({ state }) => state === 'lost').length
  const what = `${count(report.hosts.length, 'host')}${left}, ${GUESTS[report.kind]}, Xen ${report.release}: ${count(kept, 'feature')} kept, ${lost} lost, ${report.physAddrBits} address bits`
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title what">
<title id="title">${report.title}</title>
<desc id="what">${what}</desc>
<style>${new Markup(STYLE)}</style>
<rect class="bg" width="${width}" height="${height}"/>
<text class="t" x="${SIZES.margin}" y="${SIZES.margin + 16}">${report.title}</text>
<text class="m" x="${SIZES.margin}" y="${SIZES.margin + 34}">${what}</text>
${legend(report)}
${layout.columns.flatMap(({ x, blocks }) => [heads(report, layout, x), ...blocks.map((block) => drawBlock(report, block, x))])}
</svg>
`.text
}

const MEANINGS: readonly (readonly [sign: Sign, meaning: string])[] = [
  ['y', 'offers it'],
  ['x', 'lacks it, and the pool loses it'],
  ['i', 'its Xen hides it, and the pool loses it'],
  ['r', 'accepts it on request'],
  ['h', 'its Xen hides it'],
  ['n', 'lacks it'],
  ['u', 'not known, or does not count'],
]

/** The signs that are in the picture, and what they mean. */
function legend({ features }: PoolReport): Markup {
  const used = new Set(
    features.flatMap(({ cells, state }) => [...new Set(cells)].map((code) => signOf(code, state))),
  )
  const [signs, y] = [new Signs(), SIZES.margin + 50]
  let x = SIZES.margin + 4
  const texts = MEANINGS.filter(([sign]) => used.has(sign)).map(([sign, meaning]) => {
    signs.add(sign, x, y)
    const text = markup`<text class="m" x="${x + 9}" y="${y + 3.5}">${meaning}</text>`
    x += 28 + meaning.length * 5.2
    return text
  })
  return markup`${signs.drawn()}${texts}\n`
}

/** The names of hosts, upright, and before them the level. */
function heads(report: PoolReport, { top }: Layout, left: number): Markup {
  const names = ['level', ...report.columns.map((column) => columnName(report, column))]
  return markup`${names.map((name, at) => {
    const letters = [...name]
    const short =
      letters.length > SIZES.letters ? `${letters.slice(0, SIZES.letters - 1).join('')}…` : name
    const x = middle(left, at) + 3.4
    const style = at === 0 ? markup` class="m"` : null
    return markup`<text${style} transform="translate(${x} ${top - 4}) rotate(-90)">${short}<title>${name}</title></text>`
  })}\n`
}

function middle(left: number, column: number): number {
  const apart = column === 0 ? 0 : SIZES.apart
  return left + SIZES.name + SIZES.cell * (column + 0.5) + apart
}

function drawBlock(report: PoolReport, { word, rows, y }: Block, x: number): Markup {
  const right = middle(x, report.columns.length) + SIZES.cell / 2
  const signs = new Signs()
  const place = word.place.startsWith('MSR') ? word.place : `CPUID ${word.place}`
  const lines = rows.map((row, at) => {
    const top = y + SIZES.word + at * SIZES.row
    const centre = top + SIZES.row / 2
    signs.add(SIGN_OF_STATE[row.state], middle(x, 0), centre)
    ;[...row.cells].forEach((code, column) => {
      signs.add(signOf(code, row.state), middle(x, column + 1), centre)
    })
    const lost = row.state === 'lost'
    const band = lost
      ? markup`<rect class="b" x="${x}" y="${top}" width="${right - x}" height="${SIZES.row}"/>`
      : null
    return markup`${band}<path class="l" d="M${x} ${top + SIZES.row}H${right}"/><text class="${lost ? 'f lost' : 'f'}" x="${x + 2}" y="${centre + 3.2}">${row.name}<title>${said(report, row)}</title></text>\n`
  })
  return markup`<text class="w" x="${x + 2}" y="${y + SIZES.word - 7}">${place}</text><path class="l" d="M${x} ${y + SIZES.word}H${right}"/>\n${lines}${signs.drawn()}`
}

/** A row in words. */
function said(report: PoolReport, { name, state, cells }: ReportFeature): string {
  const lacking = report.columns.filter((_, at) => cells[at] !== 'y')
  const names = lacking.map((column) => columnName(report, column)).join(', ')
  return `${name}: ${STATES[state]}${names === '' ? '' : `; not by default on ${names}`}`
}

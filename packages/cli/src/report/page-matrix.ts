/** Hosts × features as a table: the evidence for everything else on the page. */
import { Markup, markup } from './markup.js'
import type { FeatureState, PoolReport, ReportFeature } from './types.js'
import { CELLS, columnName, count, GUESTS, STATES } from './wording.js'

/** The section. */
export function matrixSection(report: PoolReport): Markup {
  const { columns, features, words } = report
  return markup`<section id="matrix" aria-labelledby="matrix-h">
<h2 id="matrix-h">Every feature, host by host</h2>
${controls(report)}
${LEGEND}
<div class="scroll" id="scroll" tabindex="0" role="region" aria-labelledby="matrix-h">
<table id="grid" class="grid">
<caption class="vh">What each host offers ${GUESTS[report.kind]}: ${count(features.length, 'feature')} on ${count(columns.length, 'kind')} of host, and what the level keeps of it.</caption>
<thead><tr><th scope="col" class="f">Feature</th><th scope="col" class="s">Level</th>${columns.map((column) => columnHead(columnName(report, column)))}<th scope="col" class="w">To blame</th><th scope="col" class="a">About</th></tr></thead>
${words.map(({ index, place }) => group(report, place, index))}
</table>
</div>
<p id="none" class="mut" hidden="">No feature is like that.</p>
<p id="detail" class="detail js-only" role="status" aria-live="polite"></p>
</section>`
}

/** The head of a column of hosts. */
export function columnHead(name: string): Markup {
  return markup`<th scope="col" class="h" title="${name}"><span><bdi>${name}</bdi></span></th>`
}

function group(report: PoolReport, place: string, word: number): Markup {
  const rows = report.features.filter(({ bit }) => bit >>> 5 === word)
  return markup`<tbody>
<tr class="g"><th scope="rowgroup" colspan="${report.columns.length + 4}"><span>${place}</span> <small>${tally(rows)}</small></th></tr>
${rows.map((feature) => row(report, feature, place))}</tbody>
`
}

const TALLIED: readonly FeatureState[] = ['kept', 'lost']

/** `12 kept, 3 lost`. */
function tally(rows: readonly ReportFeature[]): string {
  return TALLIED.map((state) => [rows.filter((row) => row.state === state).length, state] as const)
    .filter(([number]) => number > 0)
    .map(([number, state]) => `${number} ${state}`)
    .join(', ')
}

function row(report: PoolReport, feature: ReportFeature, place: string): Markup {
  const { name, bit, state, cells, about, meaning } = feature
  const title = `${place} bit ${bit & 31}`
  const group = meaning === null ? null : markup` data-m="${meaning}"`
  return markup`<tr id="b${bit}" class="${state}"${group}><th scope="row" class="f" title="${title}">${name}</th><td class="s">${STATES[state]}</td>${cellsOf(cells, state)}<td class="w">${blame(report, feature)}</td><td class="a">${about}</td></tr>
`
}

/** Cells are most of the page, so they are made once; a host that the level loses a feature for is marked apart. */
const CELL_MARKUP: Readonly<Record<string, string>> = /* @__PURE__ */ (() => ({
  ...Object.fromEntries(
    Object.entries(CELLS).map(([code, word]) => [code, `<td class="${code}">${word}</td>`]),
  ),
  x: `<td class="x">${CELLS.n}</td>`,
  i: `<td class="x i">${CELLS.h}</td>`,
}))()

const OF_LOST: Readonly<Record<string, string>> = { n: 'x', h: 'i' }

function cellsOf(cells: string, state: FeatureState): Markup {
  let text = ''
  for (const code of cells) {
    text += CELL_MARKUP[state === 'lost' ? (OF_LOST[code] ?? code) : code] ?? ''
  }
  return new Markup(text)
}

/** Whose doing it is that a feature is lost, in as few names as say it. */
function blame(report: PoolReport, { state, cells }: ReportFeature): Markup | null {
  if (state !== 'lost') return null
  const having = report.columns.filter((_, at) => cells[at] === 'y')
  const lacking = report.columns.filter((_, at) => cells[at] !== 'y' && cells[at] !== 'u')
  if (lacking.length === 0) return markup`something it needs`
  if (lacking.length <= 2 || lacking.length <= having.length) return names(report, lacking)
  return having.length <= 2
    ? markup`all but ${names(report, having)}`
    : markup`${lacking.length} of ${having.length + lacking.length}`
}

function names(report: PoolReport, columns: PoolReport['columns']): Markup {
  if (columns.length > 3) return markup`${columns.length} of ${report.columns.length}`
  const bdis = columns.map((column) => markup`<bdi>${columnName(report, column)}</bdi>`)
  return new Markup(bdis.map(({ text }) => text).join(', '))
}

const LEGEND = /* @__PURE__ */ new Markup(`<ul class="legend" aria-label="Signs in the table">
<li><i class="y"></i>offers it</li>
<li><i class="x"></i>lacks it, and the pool loses it</li>
<li><i class="x i"></i>its CPU has it, its Xen hides it, and the pool loses it</li>
<li><i class="r"></i>accepts it on request</li>
<li><i class="h"></i>its CPU has it, its Xen hides it</li>
<li><i class="n"></i>lacks it</li>
<li><i class="u"></i>not known, or does not count</li>
</ul>`)

function controls({ meanings }: PoolReport): Markup {
  const byMeaning =
    meanings.length === 0
      ? null
      : markup`<fieldset><legend>Group by</legend>${choice('by', 'word', 'Register')}${choice('by', 'meaning', 'Meaning')}</fieldset>`
  return markup`<form id="filter" class="filter js-only" role="search" aria-label="Features and hosts">
<label>Feature<input type="search" id="q" autocomplete="off" spellcheck="false" placeholder="avx512, 7:0 ebx …" aria-keyshortcuts="/" aria-controls="grid"/></label>
<label>Host<input type="search" id="hq" autocomplete="off" spellcheck="false" placeholder="part of a name" aria-controls="grid"/></label>
<fieldset><legend>Show</legend>${choice('show', 'all', 'All')}${choice('show', 'lost', 'Lost')}${choice('show', 'differ', 'Hosts differ')}</fieldset>
${byMeaning}
<output id="shown" for="q hq"></output>
</form>`
}

function choice(name: string, value: string, label: string): Markup {
  const checked = value === 'all' || value === 'word' ? markup` checked=""` : null
  return markup`<label><input type="radio" name="${name}" value="${value}"${checked}/><span>${label}</span></label>`
}

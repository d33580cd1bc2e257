/** Hosts × features as a table: the evidence for everything else on the page. */
import { Markup, markup } from './markup.js'
import type { FeatureState, PoolReport, ReportFeature } from './types.js'
import { CELLS, columnName, columnNames, count, GUESTS, STATES } from './wording.js'

/** The section. */
export function matrixSection(report: PoolReport): Markup {
  const { columns, features, words, meanings } = report
  const groups = words.map(({ index, place }) => group(report, place, index))
  return markup`<section id="matrix" aria-labelledby="matrix-h">
<h2 id="matrix-h">Every feature, host by host</h2>
${controls(report)}
${legend(groups)}
<div class="scroll" id="scroll" tabindex="0" role="region" aria-labelledby="matrix-h">
<table id="grid" class="grid" data-meanings="${JSON.stringify(meanings)}">
<caption class="vh">What each host offers ${GUESTS[report.kind]}: ${count(features.length, 'feature')} on ${count(columns.length, 'kind')} of host, and what the level keeps of it.</caption>
<thead><tr><th scope="col" class="f">Feature</th><th scope="col" class="s">Level</th>${columns.map((column) => columnHead(columnName(report, column)))}<th scope="col" class="w">Whose doing</th><th scope="col" class="a">What it means</th></tr></thead>
${groups}
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
<tr class="g"><th scope="rowgroup" colspan="${report.columns.length + 4}"><span>${place.startsWith('MSR') ? '' : 'CPUID '}${place}</span> <small>${tally(rows)}</small></th></tr>
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
  const { name, bit, state, cells, losing, why, meaning } = feature
  const title = `${place} bit ${bit & 31}`
  return markup`<tr id="b${bit}" class="${state}" data-m="${meaning}"><th scope="row" class="f" title="${title}">${name}</th><td class="s">${STATES[state]}</td>${cellsOf(cells, state)}<td class="w">${blame(report, feature)}</td>${meaningOf(state === 'lost' ? losing : why)}</tr>
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

/** A sentence can be longer than there is room for. */
function meaningOf(sentence: string): Markup {
  return sentence === ''
    ? markup`<td class="a"></td>`
    : markup`<td class="a" title="${sentence}">${sentence}</td>`
}

/** Whose doing it is that a feature is lost, in as few names as say it. */
function blame(report: PoolReport, { state, cells }: ReportFeature): Markup | null {
  if (state !== 'lost') return null
  const places = report.columns.map((_, at) => at)
  const having = places.filter((at) => cells[at] === 'y')
  const lacking = places.filter((at) => cells[at] !== 'y' && cells[at] !== 'u')
  if (lacking.length === 0) return markup`what it needs is lost`
  const few = Math.min(lacking.length, having.length)
  if (few > MOST_NAMES) return markup`on ${having.length} of ${having.length + lacking.length}`
  return lacking.length <= having.length
    ? markup`not on ${columnNames(report, lacking)}`
    : markup`only on ${columnNames(report, having)}`
}

/** How many names a cell can hold. */
const MOST_NAMES = 3

const SIGNS: readonly (readonly [sign: string, meaning: string])[] = [
  ['y', 'offers it'],
  ['x', 'lacks it, and the pool loses it'],
  ['x i', 'its CPU has it, its Xen hides it, and the pool loses it'],
  ['r', 'accepts it on request'],
  ['h', 'its CPU has it, its Xen hides it'],
  ['n', 'lacks it'],
  ['u', 'not known, or does not count'],
]

/** The signs that are in the table, and what they mean. */
function legend(rows: readonly Markup[]): Markup {
  const items = SIGNS.filter(([sign]) => rows.some(({ text }) => text.includes(`class="${sign}"`)))
  return markup`<ul class="legend" aria-label="Signs in the table">${items.map(([sign, meaning]) => markup`<li><i class="${sign}"></i>${meaning}</li>`)}</ul>`
}

function controls({ features }: PoolReport): Markup {
  const differ = features.some(({ cells }) => new Set(cells).size > 1)
  return markup`<form id="filter" class="filter js-only" role="search" aria-label="Features and hosts">
<label>Feature<input type="search" id="q" autocomplete="off" spellcheck="false" placeholder="avx512, 7:0 ebx …" aria-keyshortcuts="/" aria-controls="grid"/></label>
<label>Host<input type="search" id="hq" autocomplete="off" spellcheck="false" placeholder="part of a name" aria-controls="grid"/></label>
<fieldset><legend>Show</legend>${choice('show', 'differ', 'Hosts differ', differ)}${choice('show', 'lost', 'Lost')}${choice('show', 'all', 'All', !differ)}</fieldset>
<fieldset><legend>Group by</legend>${choice('by', 'word', 'Register', true)}${choice('by', 'meaning', 'Meaning')}</fieldset>
<output id="shown" for="q hq"></output>
</form>`
}

function choice(name: string, value: string, label: string, chosen = false): Markup {
  const checked = chosen ? markup` checked=""` : null
  return markup`<label><input type="radio" name="${name}" value="${value}"${checked}/><span>${label}</span></label>`
}

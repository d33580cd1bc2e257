/** The level in the languages of toolstacks, to copy. */
import { joined, lines, type Markup, markup } from './markup.js'
import type { LevelText, PoolReport } from './types.js'
import { columnNames, GUESTS } from './wording.js'

/** The section. */
export function textsSection(report: PoolReport): Markup {
  return markup`<section id="texts" aria-labelledby="texts-h">
<h2 id="texts-h">The level, to copy</h2>
<p class="mut">For ${GUESTS[report.kind]}.</p>
${report.texts.map((text) => entry(report, text))}
</section>`
}

function entry(report: PoolReport, { language, text, columns, notes }: LevelText): Markup {
  const hosts = columns === null ? null : markup`<small>for ${hostsOf(report, columns)}</small>`
  const body =
    text === ''
      ? null
      : markup`<pre tabindex="0" role="region" aria-label="${language}"><code>${lines(text)}</code></pre>`
  return markup`<div class="text"><h3>${language} ${hosts}</h3>
${body}${notesOf(notes)}</div>
`
}

/** How many notes are shown before they are folded away. */
const NOTES_SHOWN = 2

function notesOf(notes: readonly string[]): Markup {
  const all = joined(notes.map((note) => markup`<p class="mut">${note}</p>`))
  if (notes.length <= NOTES_SHOWN) return all
  return markup`<details><summary>${notes.length} things to know before it is used</summary>${all}</details>`
}

function hostsOf(report: PoolReport, columns: readonly number[]): Markup {
  const counting = report.columns.filter(({ counts }) => counts).length
  if (columns.length === counting && counting > 1) return markup`all hosts`
  return columnNames(report, columns)
}

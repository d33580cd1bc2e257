/** Guests × hosts: who may run where, and every reason why not. */
import { joined, Markup, markup } from './markup.js'
import { featureLinks } from './page-hosts.js'
import { columnHead } from './page-matrix.js'
import type { PoolReport, ReportGuest, ReportReason, ReportVerdict } from './types.js'
import { columnName, count } from './wording.js'

/** The section; nothing if there are no guests. */
export function mobilitySection(report: PoolReport): Markup | null {
  const { mobility, columns } = report
  if (mobility === null) return null
  return markup`<section id="guests" aria-labelledby="guests-h">
<h2 id="guests-h">Who may run where</h2>
${LEGEND}
<div class="scroll" tabindex="0" role="region" aria-labelledby="guests-h">
<table class="grid guests">
<caption class="vh">Which guest may run on which host</caption>
<thead><tr><th scope="col" class="f">Guest</th><th scope="col" class="s">Kind</th>${columns.map((column) => columnHead(columnName(report, column)))}</tr></thead>
<tbody>
${mobility.guests.map(guestRow)}</tbody>
</table>
</div>
${mobility.verdicts.map((verdict) => verdictEntry(report, verdict, mobility.guests))}
</section>`
}

const CELLS: Readonly<Record<string, string>> = {
  y: 'may run',
  d: 'may run, with less',
  l: 'loses features',
  n: 'refused',
}

function guestRow({ names, kind, cells }: ReportGuest): Markup {
  const texts = [...cells].map((code) => `<td class="g${code}">${CELLS[code] ?? ''}</td>`).join('')
  return markup`<tr><th scope="row" class="f">${guestName(names)}</th><td class="s">${kind}</td>${new Markup(texts)}</tr>
`
}

function guestName(names: readonly string[]): Markup {
  const [first = ''] = names
  const others = names.length > 1 ? ` +${names.length - 1}` : ''
  return markup`<bdi>${first}</bdi>${others}`
}

const GRADES = {
  refused: 'Xen refuses it',
  lost: 'Xen takes it and drops in silence',
  degraded: 'Runs with less or slower',
  cosmetic: 'Runs and can see a difference',
} as const

function verdictEntry(
  report: PoolReport,
  { guest, columns, admitted, judged, reasons, levelTo, advice }: ReportVerdict,
  guests: readonly ReportGuest[],
): Markup {
  const names = guests[guest]?.names ?? []
  const hosts = joined(
    columns.map((at) => {
      const column = report.columns[at]
      return markup`<bdi>${column === undefined ? '' : columnName(report, column)}</bdi>`
    }),
    ', ',
  )
  const all =
    names.length === 1
      ? null
      : markup`<p class="mut">${count(names.length, 'guest')} alike: ${joined(
          names.map((name) => markup`<bdi>${name}</bdi>`),
          ', ',
        )}</p>`
  const level =
    levelTo === null
      ? admitted || advice === null
        ? null
        : markup`<p>${advice}</p>`
      : markup`<p class="start">It may once it was started anew at <code>${levelTo}</code></p>`
  const extent = judged === 'policy' ? null : markup`<small>judged by features alone</small>`
  return markup`<details class="verdict"${admitted ? null : OPEN}><summary><b>${guestName(names)}</b> on ${hosts} ${extent}</summary>
${all}${reasons.map((reason) => reasonEntry(report, reason))}${level}
</details>
`
}

const OPEN = /* @__PURE__ */ new Markup(' open=""')

function reasonEntry(report: PoolReport, { grade, features, messages }: ReportReason): Markup {
  const named =
    features.length === 0
      ? null
      : markup`<p><span class="grade ${grade}">${GRADES[grade]}</span> <b>${features.length}</b> ${featureLinks(report, features)}</p>`
  const said = messages.map(
    (message) => markup`<p><span class="grade ${grade}">${GRADES[grade]}</span> ${message}</p>`,
  )
  return joined([...(named === null ? [] : [named]), ...said])
}

const LEGEND = /* @__PURE__ */ new Markup(`<ul class="legend" aria-label="Signs in the table">
<li><i class="gy"></i>may run</li>
<li><i class="gd"></i>may run, with less</li>
<li><i class="gl"></i>Xen takes it, and features go in silence</li>
<li><i class="gn"></i>Xen refuses it</li>
</ul>`)

/** Guests × hosts: who may run where, and every reason why not. */
import { joined, Markup, markup } from './markup.js'
import { featureLinks } from './page-hosts.js'
import { columnHead } from './page-matrix.js'
import type { PoolReport, ReportGuest, ReportReason, ReportVerdict } from './types.js'
import { columnName, columnNames, count, foldedNames } from './wording.js'

/** The section; nothing if there are no guests. */
export function mobilitySection(report: PoolReport): Markup | null {
  const { mobility, columns } = report
  const few = mobility !== null && mobility.verdicts.length <= 3
  if (mobility === null) return null
  return markup`<section id="guests" aria-labelledby="guests-h">
<h2 id="guests-h">Who may run where</h2>
${legend(mobility.guests)}
<div class="scroll" tabindex="0" role="region" aria-labelledby="guests-h">
<table class="grid guests">
<caption class="vh">Which guest may run on which host</caption>
<thead><tr><th scope="col" class="f">Guest</th><th scope="col" class="s">Kind</th>${columns.map((column) => columnHead(columnName(report, column)))}</tr></thead>
<tbody>
${mobility.guests.map(guestRow)}</tbody>
</table>
</div>
<p id="guest-detail" class="detail js-only" role="status" aria-live="polite"></p>
${mobility.guests.flatMap((guest) => alikeEntry(guest) ?? [])}
${mobility.verdicts.map((verdict) => verdictEntry(report, verdict, few))}
</section>`
}

const CELLS: Readonly<Record<string, string>> = {
  y: 'may run',
  d: 'may run, with less',
  l: 'loses features',
  n: 'refused',
}

function guestRow({ names, kind, cells, runsOn }: ReportGuest): Markup {
  const texts = [...cells]
    .map((code, at) =>
      runsOn.includes(at)
        ? `<td class="g${code} home">runs here; ${CELLS[code] ?? ''}</td>`
        : `<td class="g${code}">${CELLS[code] ?? ''}</td>`,
    )
    .join('')
  return markup`<tr><th scope="row" class="f">${guestName(names)}</th><td class="s">${kind}</td>${new Markup(texts)}</tr>
`
}

function guestName(names: readonly string[]): Markup {
  const [first = ''] = names
  const others = names.length > 1 ? ` +${names.length - 1}` : ''
  return markup`<bdi>${first}</bdi>${others}`
}

/** The names behind a number, once. */
function alikeEntry({ names }: ReportGuest): Markup | null {
  if (names.length === 1) return null
  const all = foldedNames(names, 'guest')
  return markup`<div class="alike"><b>${guestName(names)}</b>: ${all}</div>
`
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
  few: boolean,
): Markup {
  const names = report.mobility?.guests[guest]?.names ?? []
  const hosts = columnNames(report, columns)
  const level =
    levelTo === null
      ? admitted || advice === null
        ? null
        : markup`<p>${advice}</p>`
      : markup`<p class="start">It may if it is started anew at <code>${levelTo}</code></p>`
  const extent =
    judged === 'policy'
      ? null
      : markup`<p class="mut">Judged by features alone: more is not known.</p>`
  return markup`<details class="verdict"${few ? OPEN : null}><summary><b>${guestName(names)}</b> on ${hosts}: <span class="${admitted ? 'mut' : 'bad'}">${inShort(reasons)}</span></summary>
${reasons.map((reason) => reasonEntry(report, reason))}${level}${extent}
</details>
`
}

/** The worst of it in a line. */
function inShort(reasons: readonly ReportReason[]): string {
  const [worst] = reasons
  if (worst === undefined) return ''
  const same = reasons.filter(({ grade }) => grade === worst.grade)
  const features = same.reduce((sum, reason) => sum + reason.features.length, 0)
  const others = same.reduce((sum, reason) => sum + reason.messages.length, 0)
  const parts = [
    ...(features > 0 ? [count(features, 'feature')] : []),
    ...(others > 0 ? [count(others, features > 0 ? 'other thing' : 'thing')] : []),
  ]
  return IN_SHORT[worst.grade](parts.join(' and '))
}

const IN_SHORT: Readonly<Record<ReportReason['grade'], (what: string) => string>> = {
  refused: (what) => `Xen refuses it for ${what}`,
  lost: (what) => `Xen takes it and drops ${what} in silence`,
  degraded: (what) => `may run, with less: ${what}`,
  cosmetic: (what) => `may run, and can see ${what} change`,
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

const SIGNS: readonly (readonly [code: string, meaning: string])[] = [
  ['y', 'may run'],
  ['d', 'may run, with less'],
  ['l', 'Xen takes it, and features go in silence'],
  ['n', 'Xen refuses it'],
]

/** The signs that are in the table, and what they mean. */
function legend(guests: readonly ReportGuest[]): Markup {
  const used = SIGNS.filter(([code]) => guests.some(({ cells }) => cells.includes(code)))
  const home = guests.some(({ runsOn }) => runsOn.length > 0)
    ? markup`<li><i class="home"></i>runs here</li>`
    : null
  return markup`<ul class="legend" aria-label="Signs in the table">${used.map(([code, meaning]) => markup`<li><i class="g${code}"></i>${meaning}</li>`)}${home}</ul>`
}

/** The hosts of the pool, what each kind of them costs it, and what is lost to whom. */
import { joined, type Markup, markup } from './markup.js'
import { MOST_COLUMNS } from './narrow.js'
import type { LossMeaning, PoolReport, ReportColumn, ReportHost, ReportLoss } from './types.js'
import { allHostNames, columnNames, count, GUESTS, hostNames } from './wording.js'

/** The section of hosts. */
export function hostsSection(report: PoolReport): Markup {
  const most = Math.max(1, ...report.columns.map(({ offers }) => offers))
  const { hosts, columns } = report
  const alike =
    columns.length < hosts.length
      ? `${count(hosts.length, 'host')} of ${count(columns.length, 'kind')}: hosts that a guest could not tell apart stand together, here and in the tables below.`
      : 'No two of these hosts are alike to a guest.'
  const many =
    columns.length > MOST_COLUMNS
      ? ` The tables below show the ${MOST_COLUMNS} kinds that lack most of what is lost; all of them are in this one, and count for all that is said.`
      : ''
  return markup`<section id="hosts" aria-labelledby="hosts-h">
<h2 id="hosts-h">The hosts, and who costs what</h2>
<p class="mut">${alike}${many} The first part of a bar is what the level keeps of what a host offers.</p>
<table class="hosts" role="table">
<thead role="rowgroup"><tr role="row">${['Host', 'Processor', 'Offers', 'Without it the pool gains'].map((text) => markup`<th scope="col" role="columnheader">${text}</th>`)}</tr></thead>
<tbody role="rowgroup">
${report.columns.map((column) => hostRow(report, column, most))}</tbody>
</table>
</section>`
}

function hostRow(report: PoolReport, column: ReportColumn, most: number): Markup {
  return markup`<tr role="row"><th scope="row" role="rowheader">${allHostNames(report, column.hosts)}</th><td role="cell">${processors(report, column)}</td><td role="cell" class="num offers" data-l="features offered">${offers(report, column, most)}</td><td role="cell" class="gain" data-l="without it the pool gains">${gain(report, column)}</td></tr>
`
}

/** Hosts of one kind can have several CPUs, microcodes and Xens: each of them once, with the hosts if it is not all of them. */
function processors(report: PoolReport, { hosts }: ReportColumn): Markup {
  const kinds = new Map<string, { host: ReportHost; places: number[] }>()
  for (const place of hosts) {
    const host = report.hosts[place]
    if (host === undefined) continue
    const { brand, signature, microcode, xen } = host
    const key = JSON.stringify([brand, signature, microcode, xen])
    const kind = kinds.get(key)
    if (kind === undefined) kinds.set(key, { host, places: [place] })
    else kind.places.push(place)
  }
  return joined(
    [...kinds.values()].map(({ host, places }) => {
      const { brand, vendor, signature, microcode, xen, physAddrBits } = host
      const where = kinds.size === 1 ? null : markup`<small>${hostNames(report, places)}</small>`
      const facts = [
        signature,
        microcode === null ? 'microcode unknown' : `microcode ${microcode}`,
        ...(xen === null ? [] : [`Xen ${xen}`]),
        `${physAddrBits} address bits`,
      ]
      return markup`<div class="cpu">${brand === '' ? `${vendor}, without a brand` : plainBrand(brand)}<small>${facts.join(' · ')}</small>${where}</div>`
    }),
  )
}

/** The marks and fillers of brand strings say nothing about a CPU. */
function plainBrand(brand: string): string {
  return brand
    .replace(/\((?:R|TM)\)/gi, '')
    .replace(/\bCPU /g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function offers(
  report: PoolReport,
  { offers: number, counts }: ReportColumn,
  most: number,
): Markup {
  if (!counts) return markup`–`
  const kept = report.features.filter(({ state }) => state === 'kept').length
  const [width, part] = [(number / most) * 100, (Math.min(kept, number) / most) * 100]
  return markup`${number} <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="lost" width="${width.toFixed(1)}" height="6"/><rect class="kept" width="${part.toFixed(1)}" height="6"/></svg>`
}

function gain(report: PoolReport, column: ReportColumn): Markup {
  const { gain: features, gainWith, counts, evidence, hosts } = column
  if (evidence === 'unknown')
    return markup`<span class="mut">told nothing, and does not count</span>`
  if (!counts)
    return markup`<span class="mut">cannot run ${GUESTS[report.kind]}, and does not count</span>`
  if (features.length === 0) return markup`<span class="mut">nothing</span>`
  const who =
    gainWith.length > 0
      ? markup` <small>with ${columnNames(report, gainWith)}</small>`
      : hosts.length > 1
        ? markup` <small>all of them</small>`
        : null
  return markup`<b>${features.length}</b>${who} ${featureLinks(report, features)}`
}

/** Names of features, each leading to its row. */
export function featureLinks(report: PoolReport, names: readonly string[]): Markup {
  const bits = new Map<string, number>(report.features.map(({ name, bit }) => [name, bit]))
  return markup`<span class="names">${joined(
    names.map((name) => {
      const bit = bits.get(name)
      return bit === undefined
        ? markup`<span>${name}</span>`
        : markup`<a href="#b${bit}">${name}</a>`
    }),
    ' ',
  )}</span>`
}

/** The section of losses. */
export function lossesSection(report: PoolReport): Markup {
  const { losses } = report
  const features = new Set(losses.flatMap((loss) => loss.features)).size
  const body =
    features === 0
      ? markup`<p>Nothing: every host offers the same.</p>`
      : markup`<dl class="losses">${losses.map((loss) => lossEntry(report, loss))}</dl>`
  return markup`<section id="losses" aria-labelledby="losses-h">
<h2 id="losses-h">What the level leaves out</h2>
${body}
</section>`
}

const BLAME = {
  absent: 'not on',
  dependency: 'without what it needs on',
  'not-carried': 'unknown to the level’s release, offered by',
} as const

function lossEntry(report: PoolReport, loss: ReportLoss): Markup {
  const { kind, hosts, count: number, features, meanings } = loss
  const more = number > hosts.length ? markup` and ${number - hosts.length} more` : null
  return markup`<div><dt><b>${features.length}</b> <span>${BLAME[kind]} ${allHostNames(report, hosts)}${more}</span></dt><dd><ul>${meanings.map((meaning) => meaningEntry(report, meaning))}</ul></dd></div>
`
}

function meaningEntry(report: PoolReport, { features, losing, aspect }: LossMeaning): Markup {
  const about = aspect === 'security' ? markup`<em>Security.</em> ` : null
  return markup`<li>${featureLinks(report, features)} <span class="mut">${about}${losing}</span></li>`
}

/** The section of features that no guest gets to see. */
export function hiddenSection({ hidden, hosts, kind }: PoolReport): Markup | null {
  if (hidden.length === 0) return null
  const items = hidden.map(({ name, hosts: number }) =>
    number === hosts.length
      ? markup`<span>${name}</span>`
      : markup`<span>${name}<small> ${number}</small></span>`,
  )
  return markup`<section id="hidden" aria-labelledby="hidden-h">
<h2 id="hidden-h">What processors have and no guest gets</h2>
<p class="mut">Xen keeps these from ${GUESTS[kind]} on every host. A number says on how many of the ${hosts.length} hosts a feature is, where it is not on all.</p>
<p class="names">${joined(items, ' ')}</p>
</section>`
}

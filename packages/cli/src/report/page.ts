/** The report as one page that needs nothing else: no network, no file beside it, and to be read no script. */
import { createHash } from 'node:crypto'
import type { Finding } from '@xenlevel/core'
import { Markup, markup } from './markup.js'
import { countAbout } from './meanings.js'
import { narrowed } from './narrow.js'
import { hiddenSection, hostsSection, lossesSection } from './page-hosts.js'
import { matrixSection } from './page-matrix.js'
import { mobilitySection } from './page-mobility.js'
import { PAGE_SCRIPT } from './page-script.js'
import { PAGE_STYLE } from './page-style.js'
import { textsSection } from './page-texts.js'
import type { PoolReport } from './types.js'
import { count, GUESTS } from './wording.js'

/**
 * The report of a pool as an HTML file.
 *
 * It is the same for the same report, asks the network for nothing and forbids itself to (its Content-Security-Policy allows its own style
 * and its own script, by their hashes). Names come from hosts and guests and are shown, never run: characters that cannot be seen are
 * written out as `⟨U+202E⟩`.
 */
export function reportHtml(report: PoolReport): string {
  const policy = `default-src 'none'; style-src '${hashOf(PAGE_STYLE)}'; script-src '${hashOf(PAGE_SCRIPT)}'; base-uri 'none'; form-action 'none'`
  const shown = narrowed(report)
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${report.title}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#matrix">To the table of features</a>
<main>
${header(report)}
${findings(report)}
${hostsSection(report)}
${lossesSection(report)}
${matrixSection(shown)}
${mobilitySection(shown)}
${textsSection(report)}
${hiddenSection(report)}
</main>
<footer>Made by xenlevel, from ${count(report.hosts.length, 'host snapshot')}. Features are named as Xen ${report.release} spells them.</footer>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`.text
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function header(report: PoolReport): Markup {
  const { title, vendor, hosts, columns, kind, release, method, physAddrBits, psabi } = report
  const number = (state: string) => report.features.filter((row) => row.state === state).length
  const lost = [...new Set(report.losses.flatMap(({ features }) => features))]
  const security = countAbout(lost, 'security')
  const how = method === 'xenserver' ? 'as XenServer and XCP-ng do' : 'by bare intersection'
  return markup`<header>
<h1>${title}</h1>
<p class="mut">${count(hosts.length, `${vendor === null ? '' : `${vendor} `}host`)} of ${count(columns.length, 'kind')}, levelled for ${GUESTS[kind]} in the features of Xen ${release}, ${how}.</p>
<dl class="sums">
<div><dt>features kept</dt><dd>${number('kept')}</dd></div>
<div><dt>features lost${security === 0 ? '' : `, ${security} of security`}</dt><dd class="lost">${lost.length}</dd></div>
<div><dt>address bits</dt><dd>${physAddrBits}</dd></div>
<div><dt>for compilers</dt><dd>${psabi ?? 'none'}</dd></div>
</dl>
<nav aria-label="Parts of this page"><ul>${sections(report).map(([id, text]) => markup`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>`
}

function sections({ mobility, hidden, findings: noticed }: PoolReport): [string, string][] {
  return [
    ...(noticed.length > 0 ? [['findings', 'To know'] satisfies [string, string]] : []),
    ['hosts', 'Hosts'],
    ['losses', 'Losses'],
    ['matrix', 'Features'],
    ...(mobility === null ? [] : [['guests', 'Guests'] satisfies [string, string]]),
    ['texts', 'To copy'],
    ...(hidden.length > 0 ? [['hidden', 'Kept from guests'] satisfies [string, string]] : []),
  ]
}

const SEVERITIES = {
  error: 'Does not hold',
  warning: 'May not hold',
  info: 'Good to know',
} as const

function findings(report: PoolReport): Markup | null {
  const { findings: noticed } = report
  if (noticed.length === 0) return null
  return markup`<section id="findings" aria-labelledby="findings-h">
<h2 id="findings-h">To know first</h2>
<ul class="findings">${noticed.map(findingEntry)}</ul>
</section>`
}

/** How many names a sentence can hold. */
const NAMES_IN_A_SENTENCE = 8

function findingEntry({ severity, message, hosts = [] }: Finding): Markup {
  const names = hosts.join(', ')
  const many = hosts.length > NAMES_IN_A_SENTENCE && message.includes(names)
  const text = many ? message.replace(names, () => count(hosts.length, 'host')) : message
  const folded = many
    ? markup`<details><summary>Which hosts</summary><bdi>${names}</bdi></details>`
    : null
  return markup`<li class="${severity}"><b>${SEVERITIES[severity]}</b>${text}${folded}</li>`
}

/**
 * Levels a pool in a browser: host snapshots are dropped on the page, and it shows what they have in common and who keeps what back.
 *
 *     node scripts/run.mjs examples/browser/bundle.ts
 */
import { explainLevel, type HostSnapshot, parseHostSnapshot, psabiLevel } from '@xenlevel/core'

const main = document.querySelector('main')
const input = document.querySelector('input')
const hosts = new Map<string, HostSnapshot>()

/** An element with texts and elements in it. Nothing that a document says is ever read as HTML. */
function element(name: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(name)
  made.append(...content)
  return made
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const head = element('tr', ...heads.map((text) => element('th', text)))
  const body = rows.map((cells) => element('tr', ...cells.map((text) => element('td', text))))
  return element('table', element('thead', head), element('tbody', ...body))
}

/** The level of a pool, and what it leaves out. */
function levelOf(pool: readonly HostSnapshot[]): HTMLElement[] {
  const { level, losses } = explainLevel(pool)
  // Hosts without VT-x or AMD-V, such as virtual ones, run PV guests alone.
  const kind = level.hvm.count > 0 ? 'hvm' : 'pv'
  const kept = level[kind].default
  const hosts = pool.map(({ name, cpu, xen }) => [name, cpu.brand, xen?.release ?? 'none'])
  const lost = losses
    .filter(({ guests }) => guests.includes(kind))
    .map(({ feature, hosts, meaning }) => [feature, hosts.join(', '), meaning.losing])
  return [
    table(['Host', 'CPU', 'Xen'], hosts),
    element('h2', `${kept.names().length} features for every ${kind.toUpperCase()} guest`),
    element('p', `${psabiLevel(kept).level ?? 'Below x86-64-v1'}. As a featureset:`),
    element('code', kept.toString()),
    element('h2', `${lost.length} features are lost`),
    table(['Feature', 'Because of', 'Without it'], lost),
  ]
}

/** Reads files beside those that were read before, and shows the level of all; what cannot be read is named. */
async function show(files: Iterable<File>): Promise<void> {
  const complaints: string[] = []
  for (const file of files) {
    try {
      const host = parseHostSnapshot(await file.text(), file.name)
      hosts.set(host.name, host)
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error))
    }
  }
  const alert = element('p', complaints.join('\n'))
  alert.setAttribute('role', 'alert')
  main?.replaceChildren(alert, ...(hosts.size > 0 ? levelOf([...hosts.values()]) : []))
}

input?.addEventListener('change', () => show(input.files ?? []))
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  document.body.className = 'over'
})
document.addEventListener('dragleave', () => {
  document.body.className = ''
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  document.body.className = ''
  show(event.dataTransfer?.files ?? [])
})

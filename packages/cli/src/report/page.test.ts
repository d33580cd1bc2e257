import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import type { HostSnapshot } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { reportHtml } from './page.js'
import { PAGE_SCRIPT } from './page-script.js'
import { PAGE_STYLE } from './page-style.js'
import { poolReport } from './pool-report.js'
import {
  HOSTILE_NAMES,
  hostileHosts,
  hostsWithPolicies,
  recordedGuests,
  recordedHosts,
  unlikeHosts,
} from './samples.testing.js'
import { type Element, elements, parseMarkup, textOf } from './well-formed.testing.js'

const hosts = recordedHosts()
const report = poolReport(hosts, { guests: recordedGuests(hosts), title: 'Rack 4' })
const html = reportHtml(report)
const page = parseMarkup(html)

const section = (of: Element, id: string): Element => {
  const [found] = elements(of, `#${id}`)
  if (found === undefined) throw new Error(`there is no ${id}`)
  return found
}
const texts = (of: Element, which: string) => elements(of, which).map(textOf)

describe('reportHtml', () => {
  it('is well-formed, with a language, a title and one main part', () => {
    expect(page.name).toBe('html')
    expect(page.attributes.lang).toBe('en')
    expect(texts(page, 'title')).toEqual(['Rack 4'])
    expect(texts(page, 'h1')).toEqual(['Rack 4'])
    expect(elements(page, 'main')).toHaveLength(1)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id)
    for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id)
  })

  it('allows its own style and script by their hashes, and nothing else', () => {
    const [policy = ''] = elements(page, 'meta').flatMap(({ attributes }) =>
      attributes['http-equiv'] === undefined ? [] : (attributes.content ?? ''),
    )
    const hash = (text: string) => createHash('sha256').update(text).digest('base64')
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash(texts(page, 'style').join(''))}'`,
      `script-src 'sha256-${hash(texts(page, 'script').join(''))}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ])
    expect(html).not.toMatch(/\b(?:src|style|on\w+)="/)
    expect(html.replaceAll('http-equiv', '')).not.toMatch(/https?:|url\(|@import/)
    expect(PAGE_SCRIPT + PAGE_STYLE).not.toContain('</')
    expect(new Script(PAGE_SCRIPT)).toBeDefined()
  })

  it('shows every feature in every column', () => {
    const rows = elements(section(page, 'grid'), 'tr').filter(
      ({ attributes }) => 'id' in attributes,
    )
    expect(rows).toHaveLength(report.features.length)
    const words = { y: 'yes', r: 'on request', h: 'hidden', n: 'no', u: 'unknown' } as const
    for (const [at, feature] of report.features.entries()) {
      const [head, state, ...cells] = (rows[at]?.children ?? []).map(textOf)
      expect(head).toBe(feature.name)
      expect(cells.slice(0, -2)).toEqual(
        [...feature.cells].map((code) => Object.entries(words).find(([of]) => of === code)?.[1]),
      )
      expect(state === 'lost').toBe(feature.state === 'lost')
    }
    const crosses = elements(section(page, 'grid'), '.x').length
    const lacking = report.features
      .filter(({ state }) => state === 'lost')
      .reduce((sum, { cells }) => sum + [...cells].filter((code) => code !== 'y').length, 0)
    expect(crosses).toBe(lacking)
  })

  it('names every host, every loss, every finding and every text', () => {
    const all = textOf(section(page, 'hosts'))
    for (const { name, signature } of report.hosts) {
      expect(all).toContain(name)
      expect(all).toContain(signature)
    }
    const lost = texts(section(page, 'losses'), 'a')
    expect(lost).toEqual(
      report.losses.flatMap(({ meanings }) => meanings.flatMap(({ features }) => features)),
    )
    const said = textOf(section(page, 'losses'))
    for (const { losing } of report.losses.flatMap(({ meanings }) => meanings))
      expect(said).toContain(losing)
    for (const { message } of report.findings)
      expect(textOf(section(page, 'findings'))).toContain(message)
    expect(texts(section(page, 'texts'), 'code')).toEqual(
      report.texts.map(({ text }) => text).filter((text) => text !== ''),
    )
    for (const { notes } of report.texts)
      for (const note of notes) expect(textOf(section(page, 'texts'))).toContain(note)
    for (const { name } of report.hidden) expect(textOf(section(page, 'hidden'))).toContain(name)
  })

  it('says who may run where, and every reason', () => {
    const guests = section(page, 'guests')
    const cells = elements(guests, 'tr')
      .slice(1)
      .map((row) => row.children.slice(2).map(textOf))
    expect(cells[1]).toEqual([
      'loses features',
      'loses features',
      'loses features',
      'runs here; may run',
      'may run',
      'may run',
    ])
    const verdicts = elements(guests, 'details')
    expect(verdicts).toHaveLength(report.mobility?.verdicts.length ?? -1)
    for (const [at, { reasons, levelTo }] of (report.mobility?.verdicts ?? []).entries()) {
      const verdict = verdicts[at]
      if (verdict === undefined) throw new Error('a verdict is missing')
      expect(texts(verdict, 'a')).toEqual(reasons.flatMap(({ features }) => features))
      if (levelTo !== null) expect(textOf(verdict)).toContain(levelTo)
    }
    for (const { names } of report.mobility?.guests ?? [])
      for (const name of names) expect(textOf(guests)).toContain(name)
    expect(textOf(guests)).toContain('db-2 +1: db-2, db-3')
  })

  it('says reasons that are about no feature in words', () => {
    const known = hostsWithPolicies()
    const raw = known[0]?.policies?.pvDefault
    if (raw === undefined) throw new Error('no policy')
    const told = poolReport(known, {
      guests: [
        { name: 'wide', kind: 'pv', policy: raw, memoryEnd: 1n << 60n },
        { name: 'odd', kind: 'hvm', featureset: raw.featureset },
        { name: 'dark', kind: 'pv' },
      ],
    })
    const messages = told.mobility?.verdicts.flatMap(({ reasons }) =>
      reasons.flatMap((reason) => reason.messages),
    )
    expect(messages?.length).toBeGreaterThanOrEqual(2)
    const guests = textOf(section(parseMarkup(reportHtml(told)), 'guests'))
    for (const message of messages ?? []) expect(guests).toContain(message)
  })

  it('leaves out what there is nothing to say of', () => {
    const bare = parseMarkup(reportHtml(poolReport(hosts.slice(0, 1))))
    expect(elements(bare, '#guests')).toEqual([])
    expect(textOf(section(bare, 'losses'))).toContain('Nothing')
    const silent: HostSnapshot[] = hosts.slice(0, 1).map((host) => ({ ...host, featuresets: {} }))
    const unknown = parseMarkup(reportHtml(poolReport(silent)))
    expect(textOf(section(unknown, 'hosts'))).toContain('told nothing')
  })

  it('shows hostile names as text', () => {
    const hostile = hostileHosts()
    const guests = HOSTILE_NAMES.map((name) => ({ name, kind: 'hvm' as const }))
    const made = reportHtml(poolReport(hostile, { guests, title: HOSTILE_NAMES.join(' ') }))
    const parsed = parseMarkup(made)
    expect(elements(parsed, 'script')).toHaveLength(1)
    expect(elements(parsed, 'img')).toEqual([])
    expect(made).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\ufeff]/)
    const names = texts(section(parsed, 'hosts'), 'th').join(' ')
    expect(names).toContain('<script>alert(1)</script>')
    expect(names).toContain(']]>')
    expect(names).toContain('⟨U+202E⟩')
    const heads = elements(section(parsed, 'grid'), '.h').map(({ attributes }) => attributes.title)
    expect(heads.join(' ')).toContain('<script>alert(1)</script>')
  })

  it('reads well: text of 4.5 to 1 at least, signs of 3 to 1', () => {
    for (const scheme of schemes()) {
      for (const text of ['text', 'mut', 'accent', 'lost'])
        for (const ground of ['bg', 'soft', 'lostbg'])
          expect(contrast(scheme, text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      for (const sign of ['dot', 'faint'])
        for (const ground of ['bg', 'soft', 'lostbg'])
          expect(contrast(scheme, sign, ground), `${sign} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })

  it('is the same each time, and of a size to send', () => {
    expect(reportHtml(poolReport(hosts, { guests: recordedGuests(hosts), title: 'Rack 4' }))).toBe(
      html,
    )
    const fifty = poolReport(unlikeHosts(50), { guests: recordedGuests(hosts) })
    expect(fifty.columns).toHaveLength(50)
    expect(Buffer.byteLength(reportHtml(fifty))).toBeLessThan(1_000_000)
  })

  it('takes fifty hosts and four hundred features in less than a megabyte and 200 ms', () => {
    const fifty = poolReport(unlikeHosts(50))
    const [first] = fifty.features
    if (first === undefined) throw new Error('no features')
    const features = Array.from({ length: 400 }, (_, bit) => ({
      ...first,
      ...fifty.features[bit % fifty.features.length],
      bit,
    }))
    const words = Array.from({ length: 13 }, (_, index) => ({ index, place: `word ${index}` }))
    const large = { ...fifty, features, words }
    const times = [1, 2, 3, 4, 5].map(() => {
      const before = process.cpuUsage()
      expect(Buffer.byteLength(reportHtml(large))).toBeLessThan(1_000_000)
      return process.cpuUsage(before).user / 1000
    })
    expect(elements(parseMarkup(reportHtml(large)), 'tr').length).toBeGreaterThan(400)
    expect(Math.min(...times)).toBeLessThan(200)
  })
})

/** The colours of the light and of the dark scheme. */
function schemes(): ReadonlyMap<string, string>[] {
  const [light = '', dark = ''] = PAGE_STYLE.split('@media (prefers-color-scheme:dark)')
  const colours = (text: string) =>
    [...text.matchAll(/--(\w+):(#[0-9a-f]{6})/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    )
  const [one, other] = [colours(light), colours(dark.split('}')[0] ?? '')]
  expect(other.map(([name]) => name)).toEqual(one.map(([name]) => name))
  return [new Map(one), new Map(other)]
}

/** WCAG 2.2, contrast ratio. */
function contrast(scheme: ReadonlyMap<string, string>, text: string, ground: string): number {
  const [a, b] = [text, ground].map((name) => luminance(scheme.get(name) ?? ''))
  const [dark = 0, light = 0] = [a ?? 0, b ?? 0].sort((one, other) => one - other)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

import { describe, expect, it } from 'vitest'
import { MOST_COLUMNS, narrowed } from './narrow.js'
import { reportHtml } from './page.js'
import { reportSvg } from './picture.js'
import { poolReport } from './pool-report.js'
import { recordedGuests, recordedHosts, unlikeHosts } from './samples.testing.js'
import { elements, parseMarkup, textOf } from './well-formed.testing.js'

describe('narrowed', () => {
  const recorded = recordedHosts()
  const large = poolReport(unlikeHosts(400), { guests: recordedGuests(recorded) })
  const narrow = narrowed(large)

  it('leaves a report alone that can be looked at', () => {
    const small = poolReport(recorded)
    expect(narrowed(small)).toBe(small)
  })

  it('keeps the columns that lack most, in their order, with their cells', () => {
    expect(large.columns.length).toBeGreaterThan(MOST_COLUMNS)
    expect(narrow.columns).toHaveLength(MOST_COLUMNS)
    const places = narrow.columns.map(({ hosts }) =>
      large.columns.findIndex((column) => column.hosts === hosts),
    )
    expect(places).toEqual([...places].sort((a, b) => a - b))
    for (const [at, feature] of narrow.features.entries())
      expect(feature.cells).toBe(places.map((place) => large.features[at]?.cells[place]).join(''))
    const lacks = (place: number) =>
      large.features.filter(
        ({ state, cells }) => state === 'lost' && /[hn]/.test(cells[place] ?? ''),
      ).length
    const left = large.columns.map((_, place) => place).filter((place) => !places.includes(place))
    const gainless = places.filter((place) => large.columns[place]?.gain.length === 0)
    expect(Math.min(...gainless.map(lacks))).toBeGreaterThanOrEqual(Math.max(...left.map(lacks)))
  })

  it('keeps what is said of guests on those columns', () => {
    expect(narrow.mobility?.guests.map(({ cells }) => cells.length)).toEqual(
      narrow.mobility?.guests.map(() => MOST_COLUMNS),
    )
    for (const { guest, columns, admitted } of narrow.mobility?.verdicts ?? [])
      for (const at of columns)
        expect('yd'.includes(narrow.mobility?.guests[guest]?.cells[at] ?? '')).toBe(admitted)
  })

  it('is what the page and the picture show of a large pool, and they say so', () => {
    const page = parseMarkup(reportHtml(large))
    const [grid] = elements(page, '#grid')
    if (grid === undefined) throw new Error('no table')
    expect(elements(grid, '.h').filter(({ name }) => name === 'th')).toHaveLength(MOST_COLUMNS)
    const [hosts] = elements(page, '#hosts')
    if (hosts === undefined) throw new Error('no hosts')
    expect(textOf(hosts)).toContain(`show the ${MOST_COLUMNS} kinds that lack most`)
    for (const { name } of large.hosts) expect(textOf(hosts)).toContain(name)
    const hidden = large.columns.length - MOST_COLUMNS
    expect(reportSvg(large)).toContain(`400 hosts (${hidden} kinds of them not shown)`)
  })
})

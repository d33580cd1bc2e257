import { describe, expect, it } from 'vitest'
import { reportSvg } from './picture.js'
import { layOut } from './picture-layout.js'
import { poolReport } from './pool-report.js'
import { hostileHosts, recordedHosts, unlikeHosts } from './samples.testing.js'
import { elements, parseMarkup, textOf } from './well-formed.testing.js'

const report = poolReport(recordedHosts(), { title: 'Rack 4' })
const svg = reportSvg(report)
const picture = parseMarkup(svg)

describe('reportSvg', () => {
  it('is one SVG that asks for nothing', () => {
    expect(picture.name).toBe('svg')
    expect(picture.attributes.xmlns).toBe('http://www.w3.org/2000/svg')
    expect(svg).not.toMatch(/<script|href|url\(|@import/)
    expect(elements(picture, 'desc').map(textOf)).toEqual([
      '7 hosts, HVM and PVH guests, Xen 4.23-dev: 59 features kept, 55 lost, 46 address bits',
    ])
    expect(elements(picture, '#title').map(textOf)).toEqual(['Rack 4'])
  })

  it('names each feature once and each host above each column of words', () => {
    const own = (text: string) => (element: { readonly children: readonly unknown[] }) =>
      element.children[0] === text
    const features = elements(picture, '.f')
    expect(features.map(({ children }) => children[0])).toEqual(
      report.features.map(({ name }) => name),
    )
    const { columns } = layOut(report)
    const labels = elements(picture, 'text')
    for (const name of ['haswell-1', 'cascade-1 +1', 'level'])
      expect(labels.filter(own(name))).toHaveLength(columns.length)
    const rtm = features.find(own('RTM'))
    expect(rtm === undefined ? '' : textOf(rtm)).toBe('RTMRTM: lost; not by default on haswell-1')
  })

  it('draws a sign in every cell and one for the level', () => {
    const dots = elements(picture, '.y').flatMap(
      ({ attributes }) => attributes.d?.match(/h0/g) ?? [],
    )
    const crosses = elements(picture, '.x').flatMap(
      ({ attributes }) => attributes.d?.match(/M/g) ?? [],
    )
    const cells = report.features.flatMap(({ cells: codes, state }) =>
      [...codes].map((code) => [code, state] as const),
    )
    const kept = report.features.filter(({ state }) => state === 'kept').length
    const lost = report.features.filter(({ state }) => state === 'lost').length
    // And one each in the legend.
    expect(dots).toHaveLength(cells.filter(([code]) => code === 'y').length + kept + 1)
    expect(crosses).toHaveLength(
      cells.filter(([code, state]) => code !== 'y' && state === 'lost').length + lost + 1,
    )
  })

  it('has the form of a page, and nothing outside it', () => {
    for (const pool of [report, poolReport(unlikeHosts(50))]) {
      const { width, height, columns } = layOut(pool)
      expect(width / height).toBeGreaterThan(0.7)
      expect(width / height).toBeLessThan(2.9)
      expect(columns.flatMap(({ blocks }) => blocks.map(({ word }) => word.index))).toEqual(
        pool.words.map(({ index }) => index),
      )
      for (const { blocks } of columns)
        for (const [at, { y, rows }] of blocks.entries())
          expect(blocks[at + 1]?.y ?? height).toBeGreaterThanOrEqual(y + rows.length * 12.5)
    }
  })

  it('takes hostile names and cuts long ones', () => {
    const made = reportSvg(poolReport(hostileHosts(), { title: '</title><script>' }))
    const parsed = parseMarkup(made)
    expect(elements(parsed, 'script')).toEqual([])
    expect(made).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/)
    const labels = elements(parsed, 'text').map(({ children }) => `${children[0]}`)
    expect(labels).toContain('<script>alert(1)</script>'.slice(0, 23).concat('…'))
    expect(Math.max(...labels.slice(2).map((label) => label.length))).toBeLessThan(60)
  })

  it('is the same each time, and small', () => {
    expect(reportSvg(poolReport(recordedHosts(), { title: 'Rack 4' }))).toBe(svg)
    expect(reportSvg(poolReport(unlikeHosts(50))).length).toBeLessThan(500_000)
  })
})

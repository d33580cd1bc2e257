/** The page in a browser: what a reader sees and does. Runs where XENLEVEL_CHROMIUM names one (scripts/download-chromium.sh brings it). */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { Browser, type Page, type Viewing } from './chromium.testing.js'
import { reportHtml } from './page.js'
import { reportSvg } from './picture.js'
import { poolReport } from './pool-report.js'
import { hostileHosts, recordedGuests, recordedHosts, unlikeHosts } from './samples.testing.js'

const program = process.env.XENLEVEL_CHROMIUM ?? ''

if (program === '') test.skip('headless Chromium')
else
  describe('the page in Chromium', () => {
    let browser: Browser
    beforeAll(() => {
      browser = Browser.start(program)
    })
    afterAll(() => browser.close())

    const hosts = recordedHosts()
    const report = poolReport(hosts, { guests: recordedGuests(hosts), title: 'Rack 4' })
    const html = reportHtml(report)
    const open = (viewing: Partial<Viewing> = {}) => browser.open(html, { width: 1440, ...viewing })
    /** Names of the rows that can be seen. */
    const rows = (page: Page) =>
      page.evaluate(
        `[...document.querySelectorAll('#grid tr[id]')].filter((row) => row.getClientRects().length > 0).map((row) => row.cells[0].textContent)`,
      )
    const focused = (page: Page) =>
      page.evaluate(
        `[document.activeElement.parentElement.cells?.[0].textContent, document.activeElement.cellIndex]`,
      )
    const namesIn = (...states: string[]) =>
      report.features.filter(({ state }) => states.includes(state)).map(({ name }) => name)

    it.each([
      [390, 'light', true],
      [390, 'dark', false],
      [1440, 'dark', true],
      [1440, 'light', false],
      [2560, 'light', true],
    ] as const)('is whole at %d pixels, %s, scripts %s', async (width, scheme, scripts) => {
      const page = await open({ width, scheme, scripts })
      expect(page.complaints).toEqual([])
      expect(page.requests).toHaveLength(1)
      // The page never scrolls sideways; the matrix may, within itself.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      const wide = await page.evaluate(
        `[...document.querySelectorAll('main *')].filter((one) => !one.closest('.scroll, .vh, svg, pre') && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80))`,
      )
      expect(wide).toEqual([])
      const background = await page.evaluate(
        'getComputedStyle(document.documentElement).backgroundColor',
      )
      expect(background).toBe(scheme === 'light' ? 'rgb(253, 253, 252)' : 'rgb(17, 20, 22)')
    })

    it('scrolls a wide matrix in its own box, under a head and beside a column that stay', async () => {
      const fifty = reportHtml(poolReport(unlikeHosts(50)))
      const page = await browser.open(fifty, { width: 390, height: 844 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      await page.evaluate(
        `byId = (id) => document.getElementById(id); byId('scroll').scrollTo(400, 300)`,
      )
      expect(await page.evaluate(`byId('scroll').scrollLeft`)).toBe(400)
      const stays = await page.evaluate(`(() => {
        const [box, row] = [byId('scroll').getBoundingClientRect(), [...byId('grid').querySelectorAll('tr[id]')].filter((one) => one.getClientRects().length > 0)[7]]
        const head = byId('grid').tHead.rows[0].cells[9].getBoundingClientRect()
        return [head.top - box.top, row.cells[0].getBoundingClientRect().left - box.left]
      })()`)
      expect(stays).toEqual([expect.closeTo(1, 0), expect.closeTo(0, 0)])
    })

    it('shows everything and hides what would do nothing where scripts do not run', async () => {
      const page = await open({ scripts: false })
      expect(await rows(page)).toEqual(report.features.map(({ name }) => name))
      const shown = await page.evaluate(
        `[...document.querySelectorAll('form, .detail, button')].filter((one) => one.getClientRects().length > 0).length`,
      )
      expect(shown).toBe(0)
      expect(await page.evaluate(`document.getElementById('scroll').tabIndex`)).toBe(0)
    })

    it('begins with the features in which hosts differ, and shows the lost or all', async () => {
      const page = await open()
      const differing = report.features.filter(({ cells }) => new Set(cells).size > 1)
      expect(await rows(page)).toEqual(differing.map(({ name }) => name))
      await page.evaluate(`document.querySelector('[value=lost]').click()`)
      expect(await rows(page)).toEqual(namesIn('lost'))
      await page.evaluate(`document.querySelector('[value=all]').click()`)
      expect(await rows(page)).toEqual(report.features.map(({ name }) => name))
    })

    it('finds features by name, place and any spelling, and hosts by name', async () => {
      const page = await open()
      const said = () => page.evaluate(`document.getElementById('shown').value`)
      await page.press('/')
      expect(await page.evaluate('document.activeElement.id')).toBe('q')
      await page.type('avx512 vbmi')
      expect(await rows(page)).toEqual(['AVX512_VBMI', 'AVX512_VBMI2'])
      expect(await said()).toBe(`2 of ${report.features.length} features`)
      await page.press('Escape')
      await page.type('7:1 eax')
      expect(await rows(page)).toEqual(['AVX_VNNI', 'AVX512_BF16', 'FZRM', 'FSRS', 'FSRCS'])
      await page.press('Escape')
      await page.type('nothing like it')
      expect(await rows(page)).toEqual([])
      expect(await page.evaluate(`document.getElementById('none').hidden`)).toBe(false)
      await page.press('Escape')
      await page.press('Tab')
      await page.type('LAKE-')
      const heads = `[...document.querySelectorAll('#grid .h')].filter((head) => head.getClientRects().length > 0).map((head) => head.title)`
      expect(await page.evaluate(heads)).toEqual(['skylake-1', 'skylake-2'])
      // Of the hosts that are left, what differs between those.
      expect(await rows(page)).toEqual(
        ['IBRSB', 'STIBP', 'L1D_FLUSH', 'SSBD', 'MD_CLEAR'].sort((a, b) => order(a) - order(b)),
      )
      await page.press('Escape')
      await page.type('nobody')
      expect(await said()).toContain('no host is called that')
    })
    const order = (name: string) => report.features.findIndex((feature) => feature.name === name)

    it('is walked through with the keyboard alone', async () => {
      const page = await open()
      const reached = new Set<unknown>()
      for (let tab = 0; tab < 40; tab++) {
        await page.press('Tab')
        reached.add(await page.evaluate(`document.activeElement.closest('[id]')?.id`))
        // Whatever has the focus shows it.
        const outline = await page.evaluate(
          `(() => { const one = document.activeElement; return getComputedStyle(one.type === 'radio' ? one.nextElementSibling : one).outlineStyle })()`,
        )
        expect(outline).toBe('solid')
        if ((await focused(page))?.toString() === 'Feature,0') break
      }
      for (const id of ['q', 'hq', 'hosts', 'losses', 'filter', 'grid'])
        expect(reached).toContain(id)
      expect(await focused(page)).toEqual(['Feature', 0])
      await page.press('ArrowDown')
      await page.press('ArrowRight')
      await page.press('ArrowRight')
      expect(await focused(page)).toEqual(['3DNOWPREFETCH', 2])
      const detail = () => page.evaluate(`document.getElementById('detail').textContent`)
      expect(await detail()).toContain(
        '3DNOWPREFETCH (0x80000001 ecx bit 8): lost · not on haswell-1',
      )
      expect(await detail()).toContain('haswell-1 does not have it')
      await page.press('End')
      expect(await focused(page)).toEqual(['3DNOWPREFETCH', 9])
      await page.press('Home')
      await page.press('PageDown')
      await page.press('ArrowUp')
      await page.press('ArrowLeft')
      const [name, column] = [await focused(page)].flat()
      expect([name, column]).toEqual([expect.stringMatching(/^[A-Z0-9_]+$/), 0])
      const ctrl = 2
      await page.press('End', ctrl)
      expect(await focused(page)).toEqual(['PSDP_NO', 9])
      // What has the focus lies under nothing that sticks.
      for (let step = 0; step < 40; step++) await page.press('ArrowUp')
      const clear = await page.evaluate(`(() => {
        const box = document.activeElement.getBoundingClientRect()
        return document.elementFromPoint(box.left + 4, box.top + 4) === document.activeElement
      })()`)
      expect(clear).toBe(true)
    })

    it('goes to the row of a feature that is named, even if a filter hides it', async () => {
      const page = await open()
      await page.press('/')
      await page.type('fpu')
      await page.evaluate(`document.querySelector('#losses a').click()`)
      expect(await focused(page)).toEqual(['SMAP', 0])
      expect(await rows(page)).toHaveLength(report.features.length)
    })

    it('has one stop for a list of names, along which arrow keys go', async () => {
      const page = await open()
      await page.evaluate(`document.querySelector('#losses a').focus()`)
      await page.press('ArrowRight')
      await page.press('ArrowRight')
      await page.press('ArrowLeft')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('RDSEED')
      await page.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('IBRSB')
    })

    it('walks through guests as well', async () => {
      const page = await open()
      await page.evaluate(`document.querySelector('.guests th').focus()`)
      for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowLeft', 'ArrowLeft'])
        await page.press(key)
      expect(await page.evaluate(`document.getElementById('guest-detail').textContent`)).toBe(
        'db-1 on skylake-2: runs here; may run',
      )
    })

    it('copies a text', async () => {
      const page = await open()
      await page.evaluate(
        `navigator.clipboard.writeText = (text) => { copied = text; return Promise.resolve() }`,
      )
      await page.evaluate(`document.querySelector('#texts button').click()`)
      expect(await page.evaluate('copied')).toBe(report.texts[0]?.text)
    })

    it('runs nothing that hosts and guests are called', async () => {
      const page = await browser.open(
        reportHtml(poolReport(hostileHosts(), { title: '<img src=x onerror=alert(1)>' })),
        { width: 390 },
      )
      expect(page.complaints).toEqual([])
      expect(page.requests).toHaveLength(1)
      expect(await page.evaluate(`document.querySelectorAll('img, svg:not(.bar)').length`)).toBe(0)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    })

    it('prints all rows, on pages as wide as they are', async () => {
      const page = await open()
      const pdf = Buffer.from(await page.print()).toString('latin1')
      expect(pdf.startsWith('%PDF-')).toBe(true)
      expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(2)
    })

    it('shows the picture as an image', async () => {
      const page = await browser.open(`<!DOCTYPE html><title>picture</title>${reportSvg(report)}`, {
        width: 1440,
      })
      expect(page.complaints).toEqual([])
      const box = await page.evaluate(
        `(() => { const { width, height } = document.querySelector('svg').getBBox(); return [width, height] })()`,
      )
      const [width = 0, height = 0] =
        /width="(\d+)" height="(\d+)"/.exec(reportSvg(report))?.slice(1) ?? []
      // Nothing is drawn outside it.
      expect(box).toEqual([Number(width), Number(height)])
    })
  })

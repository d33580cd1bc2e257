/**
 * What the page does where scripts run: filters, groupings, a walk through the matrix with arrow keys, copying. Without it everything is
 * there to be read. It stands here as text because it runs in a browser, never in this program.
 */
export const PAGE_SCRIPT = `
'use strict'
;(() => {
  const byId = (id) => document.getElementById(id)
  const grid = byId('grid')
  document.documentElement.classList.add('js')

  // Filters

  const meanings = JSON.parse(grid.dataset.meanings)
  const heads = [...grid.tHead.rows[0].cells]
  const first = 2
  const last = heads.length - 3
  const plain = (text) => text.toLowerCase().replace(/[-_.]/g, ' ')
  const rows = [...grid.querySelectorAll('tr[id]')].map((row) => ({ row, text: '', cells: null }))
  const bodies = [...grid.tBodies]
  const names = heads.map((head) => plain(head.textContent))
  for (const entry of rows) {
    const { row } = entry
    const place = row.parentElement.rows[0].cells[0].firstElementChild.textContent
    entry.text = plain([row.cells[0].textContent, row.cells[0].title, place, meanings[row.dataset.m]].join(' ')) + ' ' + row.cells[0].textContent.toLowerCase()
    entry.cells = [...row.cells].slice(first, last + 1).map((cell) => cell.className)
  }
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets = [sheet]
  let hiddenColumns = new Set()
  let litColumn = 0
  const paint = () => {
    const rules = [...hiddenColumns].map((at) => '#grid tr:not(.g)>:nth-child(' + (at + 1) + '){display:none}')
    if (litColumn >= first && litColumn <= last) rules.push('@media screen{#grid tr:not(.g)>:nth-child(' + (litColumn + 1) + '){background:var(--soft)}}')
    sheet.replaceSync(rules.join(''))
  }
  const value = (name) => document.querySelector('input[name=' + name + ']:checked')?.value
  const filter = () => {
    const words = plain(byId('q').value).split(' ').filter(Boolean)
    const host = plain(byId('hq').value).trim()
    const show = value('show')
    hiddenColumns = new Set()
    for (let at = first; at <= last; at++) if (!names[at].includes(host)) hiddenColumns.add(at)
    const nobody = hiddenColumns.size === last - first + 1
    if (nobody) hiddenColumns.clear()
    const seen = []
    for (let at = first; at <= last; at++) if (!hiddenColumns.has(at)) seen.push(at - first)
    let shown = 0
    for (const { row, text, cells } of rows) {
      const kind =
        show === 'lost' ? row.classList.contains('lost')
        : show === 'differ' ? seen.some((at) => cells[at] !== cells[seen[0]])
        : true
      row.hidden = !(kind && words.every((word) => text.includes(word)))
      if (!row.hidden) shown++
    }
    for (const body of grid.tBodies) body.hidden = [...body.rows].slice(1).every((row) => row.hidden)
    byId('shown').value = shown + ' of ' + rows.length + ' features' + (nobody ? ', no host is called that' : hiddenColumns.size === 0 ? '' : ', ' + seen.length + ' of ' + (last - first + 1) + ' columns')
    byId('none').hidden = shown > 0
    paint()
    walker.settle()
  }

  // Groups

  const homes = rows.map(({ row }) => row.parentElement)
  const regroup = () => {
    for (const body of [...grid.tBodies]) body.remove()
    if (value('by') !== 'meaning') {
      rows.forEach(({ row }, at) => homes[at].append(row))
      grid.append(...bodies)
    } else {
      const made = meanings.map((meaning) => {
        const body = document.createElement('tbody')
        const head = bodies[0].rows[0].cloneNode(true)
        head.cells[0].firstElementChild.textContent = meaning
        body.append(head)
        return body
      })
      for (const { row } of rows) made[row.dataset.m].append(row)
      for (const body of made) {
        const own = [...body.rows].slice(1)
        const tally = ['kept', 'lost'].map((state) => [own.filter((row) => row.classList.contains(state)).length, state])
        body.rows[0].cells[0].lastElementChild.textContent = tally.filter(([number]) => number > 0).map((pair) => pair.join(' ')).join(', ')
      }
      grid.append(...made.filter((body) => body.rows.length > 1))
    }
    filter()
  }

  // A walk with the keyboard

  const said = { y: 'offers it', r: 'accepts it on request', h: 'its CPU has it, its Xen hides it', n: 'does not have it', x: 'does not have it', i: 'its CPU has it, its Xen hides it', u: 'not known, or does not count' }
  const describeFeature = (cell) => {
    const row = cell.parentElement
    const onHost = cell.cellIndex >= first && cell.cellIndex <= last
    if (row.id === '') return onHost ? heads[cell.cellIndex].title : ''
    return [
      row.cells[0].textContent + ' (' + row.cells[0].title + '): ' + row.cells[1].textContent,
      row.cells[last + 1].textContent,
      onHost ? heads[cell.cellIndex].title + ' ' + said[cell.className.split(' ').pop()] : '',
      row.cells[last + 2].textContent,
    ].filter(Boolean).join(' · ')
  }
  const walk = (table, detail, describe, hidden, lit) => {
    const frame = table.parentElement
    const head = table.tHead.rows[0]
    const grouped = (row) => row.classList.contains('g')
    let active = head.cells[0]
    const put = (cell) => {
      active.tabIndex = -1
      active = cell
      active.tabIndex = 0
    }
    const cellOf = (target) => {
      const cell = target.closest('td,th')
      return cell === null || grouped(cell.parentElement) ? null : cell
    }
    const show = (cell) => {
      detail.textContent = describe(cell)
      lit(cell.cellIndex)
    }
    frame.removeAttribute('tabindex')
    table.setAttribute('role', 'grid')
    table.setAttribute('aria-readonly', 'true')
    put(active)
    table.addEventListener('focusin', ({ target }) => {
      const cell = cellOf(target)
      if (cell === null) return
      show(cell)
      // What sticks covers what lies below it.
      const [box, edge] = [cell.getBoundingClientRect(), frame.getBoundingClientRect()]
      const [left, top] = [edge.left + head.cells[0].offsetWidth, edge.top + table.tHead.offsetHeight]
      if (cell.cellIndex > 0 && box.left < left) frame.scrollLeft -= left - box.left
      if (cell.parentElement !== head && box.top < top) frame.scrollTop -= top - box.top
    })
    table.addEventListener('mouseover', ({ target }) => {
      const cell = cellOf(target)
      if (cell !== null) show(cell)
    })
    table.addEventListener('mousedown', (event) => {
      const cell = cellOf(event.target)
      if (cell === null) return
      put(cell)
      cell.focus({ preventScroll: true })
    })
    table.addEventListener('keydown', (event) => {
      const bodies = [...table.tBodies].filter((body) => !body.hidden)
      const lines = [head, ...bodies.flatMap((body) => [...body.rows].filter((row) => !row.hidden && !grouped(row)))]
      const columns = [...head.cells].map((_, at) => at).filter((at) => !hidden().has(at))
      const [line, column] = [lines.indexOf(active.parentElement), columns.indexOf(active.cellIndex)]
      const far = event.ctrlKey || event.metaKey
      const to = {
        ArrowRight: [line, column + 1],
        ArrowLeft: [line, column - 1],
        ArrowDown: [line + 1, column],
        ArrowUp: [line - 1, column],
        PageDown: [line + 15, column],
        PageUp: [line - 15, column],
        Home: [far ? 0 : line, 0],
        End: [far ? lines.length - 1 : line, columns.length - 1],
      }[event.key]
      if (to === undefined || event.altKey) return
      event.preventDefault()
      const within = (number, most) => Math.max(0, Math.min(most, number))
      put(lines[within(to[0], lines.length - 1)].cells[columns[within(to[1], columns.length - 1)]])
      active.focus()
    })
    return {
      go(cell) {
        put(cell)
        cell.focus()
      },
      /** A cell that is hidden cannot be reached with Tab. */
      settle() {
        const row = active.parentElement
        if (row.hidden || row.parentElement.hidden || hidden().has(active.cellIndex)) put(head.cells[0])
      },
    }
  }
  const walker = walk(grid, byId('detail'), describeFeature, () => hiddenColumns, (column) => {
    if (litColumn === column) return
    litColumn = column
    paint()
  })
  const guests = document.querySelector('table.guests')
  if (guests !== null) {
    const describeGuest = (cell) => {
      const row = cell.parentElement
      const [name, host] = [row.cells[0].textContent, guests.tHead.rows[0].cells[cell.cellIndex].title]
      if (row.parentElement === guests.tHead) return host
      return cell.cellIndex < first ? name : name + ' on ' + host + ': ' + cell.textContent
    }
    walk(guests, byId('guest-detail'), describeGuest, () => new Set(), () => {})
  }
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input[type=search]')
    if (event.key === '/' && typing === null && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault()
      byId('q').focus()
      byId('q').select()
    }
    if (event.key === 'Escape' && typing !== null && typing.value !== '') {
      event.preventDefault()
      typing.value = ''
      filter()
    }
  })
  const form = byId('filter')
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('input', ({ target }) => (target.name === 'by' ? regroup() : filter()))
  // A row that a filter hides is no place to go to.
  const reveal = (row) => {
    if (row.hidden) {
      byId('q').value = ''
      document.querySelector('input[value=all]').checked = true
      filter()
    }
    walker.go(row.cells[0])
  }
  for (const link of document.querySelectorAll('a[href^="#b"]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault()
      reveal(byId(link.hash.slice(1)))
    })
  }
  // A list of many names is one stop of the Tab key, and arrow keys go along it.
  for (const list of document.querySelectorAll('.gain, .losses dd, .verdict')) {
    const links = [...list.querySelectorAll('a')]
    for (const link of links.slice(1)) link.tabIndex = -1
    list.addEventListener('keydown', (event) => {
      const to = links[links.indexOf(event.target) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN)]
      if (to === undefined) return
      event.preventDefault()
      event.target.tabIndex = -1
      to.tabIndex = 0
      to.focus()
    })
  }
  filter()
  if (/^#b\\d+$/.test(location.hash) && byId(location.hash.slice(1)) !== null) reveal(byId(location.hash.slice(1)))

  // Copying

  for (const text of document.querySelectorAll('.text pre')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = 'Copy'
    button.setAttribute('aria-label', 'Copy: ' + text.getAttribute('aria-label'))
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text.textContent)
        button.textContent = 'Copied'
      } catch {
        getSelection().selectAllChildren(text)
        button.textContent = 'Selected'
      }
      setTimeout(() => (button.textContent = 'Copy'), 2000)
    })
    text.previousElementSibling.append(button)
  }

  addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('details')) folded.open = true
  })
})()
`

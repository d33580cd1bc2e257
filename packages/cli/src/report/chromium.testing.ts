/** A headless Chromium for tests, spoken to over a pipe in the DevTools protocol: one browser, and pages that are opened in it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'

/** How a page is looked at. */
export interface Viewing {
  /** Width of the window in CSS pixels. */
  readonly width: number
  /** Height of the window in CSS pixels; 900 by default. */
  readonly height?: number
  /** `prefers-color-scheme`; light by default. */
  readonly scheme?: 'light' | 'dark'
  /** Whether scripts run; true by default. */
  readonly scripts?: boolean
}

const messageSchema = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  sessionId: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
})
type Message = z.output<typeof messageSchema>

const evaluatedSchema = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.object({ text: z.string() }).loose().optional(),
})

/** A running browser. */
export class Browser {
  readonly #process: ChildProcess
  readonly #input: Writable
  readonly #folder: string
  readonly #waiting = new Map<number, (message: Message) => void>()
  readonly #listeners = new Set<(message: Message) => void>()
  #next = 1
  #pages = 0

  private constructor(process: ChildProcess, input: Writable, output: Readable, folder: string) {
    this.#process = process
    this.#input = input
    this.#folder = folder
    let rest = ''
    output.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\0')
      rest = parts.pop() ?? ''
      for (const part of parts) this.#receive(messageSchema.parse(JSON.parse(part)))
    })
  }

  /** Starts a program. */
  static start(program: string): Browser {
    const folder = mkdtempSync(join(tmpdir(), 'xenlevel-chromium-'))
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--hide-scrollbars',
      '--remote-debugging-pipe',
      `--user-data-dir=${join(folder, 'profile')}`,
    ]
    const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    const [input, output] = [child.stdio[3], child.stdio[4]]
    if (!(input instanceof Writable) || !(output instanceof Readable)) {
      throw new Error('the browser has no pipes')
    }
    return new Browser(child, input, output, folder)
  }

  /** Opens a page that is given as text, from a file as its readers do. */
  async open(html: string, viewing: Viewing): Promise<Page> {
    const file = join(this.#folder, `${++this.#pages}.html`)
    writeFileSync(file, html)
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, String(sessionId))
    await page.load(pathToFileURL(file).href, viewing)
    return page
  }

  /** Ends it and clears away what it wrote. */
  async close(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done))
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }

  /** One command, to a page or to the browser. */
  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#next++
    const answered = new Promise<Message>((answer) => this.#waiting.set(id, answer))
    const session = sessionId === undefined ? {} : { sessionId }
    this.#input.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    const { error, result = {} } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  /** Calls the listener for every event, until the function that is returned is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #receive(message: Message): void {
    if (message.id === undefined) for (const listener of this.#listeners) listener(message)
    else {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    }
  }
}

/** Keys that are no letters. */
const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9,
  Escape: 27,
  PageDown: 34,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
}

/** An open page. */
export class Page {
  readonly #browser: Browser
  readonly #session: string
  /** What it complained of: errors, refusals of its own policy, requests that failed. */
  readonly complaints: string[] = []
  /** What it asked for beside itself. */
  readonly requests: string[] = []

  constructor(browser: Browser, session: string) {
    this.#browser = browser
    this.#session = session
  }

  /** @internal */
  async load(url: string, { width, height = 900, scheme = 'light', scripts = true }: Viewing) {
    const loaded = new Promise<void>((done) => {
      this.#browser.listen(({ method = '', params = {}, sessionId }) => {
        if (sessionId !== this.#session) return
        if (method === 'Page.loadEventFired') done()
        if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded')
          this.complaints.push(JSON.stringify(params))
        if (method === 'Runtime.consoleAPICalled') this.complaints.push(JSON.stringify(params.args))
        if (method === 'Network.requestWillBeSent') this.requests.push(String(params.documentURL))
      })
    })
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.send(`${domain}.enable`)
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 }
    await this.send('Emulation.setDeviceMetricsOverride', metrics)
    await this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    })
    await this.send('Emulation.setScriptExecutionDisabled', { value: !scripts })
    await this.send('Page.navigate', { url })
    await loaded
  }

  /** The value of an expression in the page, as JSON carries it. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.send('Runtime.evaluate', { expression, returnByValue: true })
    const { result, exceptionDetails } = evaluatedSchema.parse(answer)
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }

  /** Presses a key: a letter, or one by its name. */
  async press(key: string, modifiers = 0): Promise<void> {
    const windowsVirtualKeyCode = KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0)
    const text = key.length === 1 ? { text: key } : {}
    const event = { key, modifiers, windowsVirtualKeyCode }
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...text })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
  }

  /** Types a text. */
  async type(text: string): Promise<void> {
    for (const letter of text) await this.press(letter)
  }

  /** A picture of the window, or of the whole page. */
  async screenshot(extent: 'window' | 'page' = 'window'): Promise<Uint8Array> {
    const answer = await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: extent === 'page',
    })
    return Buffer.from(String(answer.data), 'base64')
  }

  /** The page as it is printed. */
  async print(): Promise<Uint8Array> {
    const answer = await this.send('Page.printToPDF', { preferCSSPageSize: true })
    return Buffer.from(String(answer.data), 'base64')
  }

  /** @internal One command to this page. */
  send(method: string, params: Readonly<Record<string, unknown>> = {}) {
    return this.#browser.send(method, params, this.#session)
  }
}

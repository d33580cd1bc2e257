/** `xenlevel image records`: what is in an image, piece by piece. */
import { type ImageEvent, readImage } from '@xenlevel/migration'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { bytes, columns } from '../output/text.js'
import { progressOn } from '../progress.js'
import { defineVerb } from '../verb.js'

type Piece = Exclude<ImageEvent, { readonly kind: 'data' }>

/** The verb. */
export const imageRecords = defineVerb({
  name: 'image records',
  operands: '[FILE]',
  summary: 'the headers and records of a domain image, with their offsets',
  description: [
    'Goes through a whole image and lists every header and record: form, name, offset, length. Runs of one kind of record are one line unless --each is given. With --json one object a line.',
  ],
  options: {
    each: { type: 'boolean', help: 'every record by itself' },
    layer: {
      type: 'string',
      value: 'FORM',
      choices: ['xl', 'libvirt', 'libxl', 'xenopsd', 'libxc'],
      help: 'of this form alone',
    },
  },
  examples: [
    { command: 'xenlevel image records web-1.save', does: 'what is in an image' },
    {
      command:
        'xenlevel image records --json web-1.save | jq -r \'select(.name=="PAGE_DATA").offset\'',
      does: 'where its pages are',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand = '-', ...rest] = operands
    if (rest.length > 0) throw new UsageError('Name one image.', 'image records')
    if (operands.length === 0 && io.stdin.isTTY)
      throw new UsageError('Name an image, or give one by a pipe.', 'image records')
    const chunks = operand === '-' ? io.stdin.chunks() : io.files.chunks(operand)
    const progress = progressOn(io.stderr, 'bytes')
    const runs = new Runs((run) => print.lines(...columns([rowOf(run)], '')))
    for await (const event of readImage(chunks, { signal: io.signal })) {
      if (event.kind === 'data') continue
      progress.report(event.offset)
      if (values.layer !== undefined && event.layer !== values.layer) continue
      if (values.json === true) print.raw(`${JSON.stringify(documentOf(event))}\n`)
      else if (values.each === true)
        print.lines(...columns([rowOf({ event, times: 1, size: event.size })], ''))
      else runs.add(event)
    }
    runs.end()
    progress.end()
    return EXIT.yes
  },
})

/** Events of one kind behind each other. */
interface Run {
  readonly event: Piece
  times: number
  size: number
}

class Runs {
  readonly #tell: (run: Run) => void
  #run: Run | undefined

  constructor(tell: (run: Run) => void) {
    this.#tell = tell
  }

  add(event: Piece): void {
    const run = this.#run
    if (
      run !== undefined &&
      run.event.kind === event.kind &&
      run.event.layer === event.layer &&
      run.event.name === event.name
    ) {
      run.times++
      run.size += event.size
      return
    }
    this.end()
    this.#run = { event, times: 1, size: event.size }
  }

  end(): void {
    if (this.#run !== undefined) this.#tell(this.#run)
    this.#run = undefined
  }
}

function rowOf({ event, times, size }: Run): string[] {
  return [
    String(event.offset).padStart(12),
    event.layer.padEnd(8),
    event.name.padEnd(24),
    times === 1 ? bytes(size) : `${bytes(size)} in ${times} records`,
    'fields' in event
      ? Object.entries(event.fields)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')
      : '',
  ]
}

function documentOf(event: Piece): object {
  const { kind, layer, name, offset, length, size } = event
  return {
    format: 'xenlevel/image-event',
    version: 1,
    ...{ kind, layer, name, offset, length, size },
    ...('type' in event && event.type !== undefined ? { type: event.type } : {}),
    ...('count' in event && event.count !== undefined
      ? { count: event.count, withData: event.withData }
      : {}),
    ...('fields' in event ? { fields: event.fields } : {}),
    ...(event.kind === 'end' ? { by: event.by, checkpoints: event.checkpoints } : {}),
  }
}

/** `xenlevel image set-policy`: an image with another CPU policy. */
import { clampPolicy, comparePolicies, type PolicyDifference } from '@xenlevel/core'
import { type PolicyOfHead, rewritePolicy, upgradeImage } from '@xenlevel/migration'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { readHost, readPolicy, WHICH, wholePolicies } from '../guests/read-policy.js'
import { HOST_OPTIONS } from '../hosts/read-hosts.js'
import { progressOn } from '../progress.js'
import { defineVerb } from '../verb.js'
import { outputOption } from './output-option.js'

/** The verb. */
export const imageSetPolicy = defineVerb({
  name: 'image set-policy',
  operands: '[FILE]',
  summary: 'an image with another CPU policy, every other byte kept',
  description: [
    'Replaces the CPU policy in a domain image, or puts one in, and passes every other byte on as it is. The guest sees the new policy after its restore: what it has seen before and does not find again may crash it, so ask "xenlevel admit" first.',
    'The policy is one of a file (--policy), what a host would leave of the image’s own (--for), or none at all, so that the receiver makes one up (--none).',
  ],
  options: {
    ...HOST_OPTIONS,
    policy: {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'the new policy: a document, its text, another image, or a host',
    },
    which: {
      type: 'string',
      short: 'w',
      value: 'POLICY',
      choices: WHICH,
      help: 'which policy of a host; by default what guests of the kind of the image get',
    },
    for: {
      type: 'string',
      value: 'HOST',
      completes: 'file',
      help: 'what Xen on this host leaves of the policy that is there',
    },
    none: { type: 'boolean', help: 'take the policy out' },
    release: {
      type: 'string',
      value: 'RELEASE',
      completes: 'release',
      help: 'the Xen that is to take the image, in whose limits the policy has to be',
    },
    upgrade: {
      type: 'boolean',
      help: 'make an image of version 2, which has no policy, one of version 3',
    },
    output: outputOption('where to; standard output, if it is no terminal, by default'),
  },
  examples: [
    {
      command: 'xenlevel image set-policy --for hosts/haswell-1.json -o web-1.new web-1.save',
      does: 'clamp it as a host would',
    },
    {
      command:
        'ssh src xl save -c web-1 /dev/stdout | xenlevel image set-policy --policy level.policy - | ssh dst xl restore /dev/stdin',
      does: 'on the way',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand = '-', ...rest] = operands
    const chosen = [values.policy, values.for, values.none].filter((value) => value !== undefined)
    if (rest.length > 0 || chosen.length !== 1)
      throw new UsageError(
        'Name one image, and one of --policy, --for and --none.',
        'image set-policy',
      )
    if (values.output === undefined && (io.stdout.isTTY || values.json === true))
      throw new UsageError(
        'An image is binary: name a file with --output, or give it to a pipe.',
        'image set-policy',
      )
    const changes: PolicyDifference[] = []
    const policy = await chosenPolicy()
    const options = values.release === undefined ? {} : { release: values.release }
    const chunks = operand === '-' ? io.stdin.chunks() : io.files.chunks(operand)
    const rewrite =
      values.upgrade === true ? upgradeImage(policy, options) : rewritePolicy(policy, options)
    const progress = progressOn(io.stderr, 'bytes')
    let written = 0
    const output = async function* () {
      for await (const chunk of readable(chunks).pipeThrough(rewrite)) {
        written += chunk.length
        progress.report(written)
        yield chunk
      }
    }
    if (values.output !== undefined) await io.files.write(values.output, output())
    else for await (const chunk of output()) print.raw(chunk)
    progress.end()
    if (values.json === true)
      print.document({
        format: 'xenlevel/image-set-policy',
        version: 1,
        ok: true,
        output: values.output,
        bytes: written,
        changes,
      })
    else for (const change of changes) print.note(sentence(change))
    return EXIT.yes

    async function chosenPolicy(): Promise<PolicyOfHead> {
      const question = { verb: 'image set-policy', release: values['xen-release'] }
      if (values.none === true) return null
      const { policy: file } = values
      if (file !== undefined)
        return async ({ kind }) => {
          const which = values.which ?? (kind === 'pv' ? 'pvDefault' : 'hvmDefault')
          return (await readPolicy(file, io, { ...question, which })).policy
        }
      const host = wholePolicies(await readHost(values.for ?? '-', io, question))
      return (head) => {
        if (head.cpuPolicy === null)
          throw new CommandError({
            code: 'NO_POLICY',
            message: 'The image has no policy that could be clamped.',
          })
        const clamped = clampPolicy(head.cpuPolicy, host, { kind: head.guestKind })
        changes.push(...comparePolicies(head.cpuPolicy, clamped.policy))
        return clamped.policy
      }
    }
  },
})

/** What is otherwise than it was. */
function sentence({ kind, name, a, b }: PolicyDifference): string {
  if (kind !== 'feature') return `${name} was ${a} and is ${b} now.`
  return b === 0 ? `${name} is taken away.` : `${name} is added.`
}

/** Chunks as a stream that can be piped, which asks for the next one when the last is taken. */
function readable(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

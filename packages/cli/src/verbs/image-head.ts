/** `xenlevel image head`: what an image tells before its memory. */
import { formatCpuPolicy, formatPolicyText } from '@xenlevel/core'
import { type ImageHead, readHead } from '@xenlevel/migration'
import { CommandError, UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import type { Printer } from '../output/printer.js'
import { columns, count, hex, paragraph, wrapped } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const imageHead = defineVerb({
  name: 'image head',
  operands: '[FILE]',
  summary: 'what a domain image tells before its memory: guest, Xen, CPU policy',
  description: [
    'Reads a domain image of xl, libvirt, xenopsd, libxl or libxc up to where the memory of the guest begins, a few kilobytes, and says what it is and what CPU the guest has seen. From a pipe no more is taken than that.',
    'Exit status 1: the policy in the image is damaged.',
  ],
  options: {
    policy: { type: 'boolean', help: 'write the policy alone, as text' },
    config: { type: 'boolean', help: 'write the configuration in the image alone' },
    names: { type: 'boolean', help: 'the names of features too' },
  },
  examples: [
    { command: 'xenlevel image head /var/lib/xen/save/web-1', does: 'a saved guest' },
    {
      command: 'xenlevel image head --policy web-1 > web-1.policy',
      does: 'its policy, for "policy diff" and "policy clamp"',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand = '-', ...rest] = operands
    if (rest.length > 0) throw new UsageError('Name one image.', 'image head')
    if (operands.length === 0 && io.stdin.isTTY)
      throw new UsageError('Name an image, or give one by a pipe.', 'image head')
    const chunks = operand === '-' ? io.stdin.chunks() : io.files.chunks(operand)
    const head = await readHead(chunks, { signal: io.signal })
    await head.remainder.close()
    if (values.policy === true) {
      if (head.cpuPolicy === null)
        throw new CommandError({
          code: 'NO_POLICY',
          message:
            head.policyError?.message ?? 'The image has no CPU policy: the receiver makes one up.',
        })
      print.raw(formatPolicyText(head.cpuPolicy))
    } else if (values.config === true) {
      if (head.config === undefined)
        throw new CommandError({
          code: 'NO_CONFIG',
          message: 'The image has no configuration in it.',
        })
      print.raw(head.config.endsWith('\n') ? head.config : `${head.config}\n`)
    } else if (values.json === true) print.document(documentOf(head, operand))
    else show(head, { operand, names: values.names === true }, print)
    return head.policyError === null ? EXIT.yes : EXIT.no
  },
})

function documentOf(head: ImageHead, file: string): object {
  const { cpuPolicy, msrPolicy, policyError } = head
  return {
    format: 'xenlevel/image-head',
    version: 1,
    ok: policyError === null,
    file,
    layers: head.layers,
    imageVersion: head.version,
    xen: head.xen.join('.'),
    kind: head.guestKind,
    headEnd: head.headEnd,
    staticDataEnd: head.staticDataEnd,
    missing: head.missing,
    invented: head.invented,
    featureset: cpuPolicy?.featureset ?? null,
    policy: cpuPolicy === null ? null : JSON.parse(formatCpuPolicy(cpuPolicy)),
    msrs:
      msrPolicy?.map(({ index, value }) => ({
        index: `0x${index.toString(16).padStart(8, '0')}`,
        value: `0x${value.toString(16).padStart(16, '0')}`,
      })) ?? null,
    policyError: policyError?.message ?? null,
    configLanguage: head.configLanguage ?? null,
  }
}

function show(
  head: ImageHead,
  { operand, names }: { readonly operand: string; readonly names: boolean },
  print: Printer,
): void {
  const { cpuPolicy: policy, policyError } = head
  const features = policy?.featureset.names() ?? []
  print.lines(
    print.style('bold', operand),
    ...columns([
      ['forms', head.layers.join(' around ')],
      [
        'guest',
        `${head.guestKind.toUpperCase()}, written by Xen ${head.xen.join('.')}, image version ${head.version}`,
      ],
      ['head', `${head.headEnd} bytes; memory begins behind it`],
      ...(head.config === undefined
        ? []
        : [
            [
              'configuration',
              `${head.configLanguage}, ${head.config.length} characters (--config)`,
            ],
          ]),
      ...(policy === null
        ? []
        : [
            [
              'policy',
              `${policy.vendor}, ${count(features.length, 'feature')}, leaves to ${hex(policy.maxLeaf)}, ${policy.physAddrBits} address bits`,
            ],
            ['featureset', policy.featureset.toString()],
          ]),
    ]),
    ...(names ? wrapped(features, { width: print.width }) : []),
  )
  if (policyError !== null)
    print.lines(
      ...paragraph(`The policy is damaged: ${policyError.message}`, {
        indent: '  ',
        width: print.width,
      }),
    )
  for (const { message } of head.invented)
    print.lines(...paragraph(`* ${message}`, { indent: '  ', width: print.width }))
}

/** `xenlevel admit`: may this guest run there, and every reason why not. */
import { type Admission, admitGuest, type HostSnapshot } from '@xenlevel/core'
import type { ImageAdmission } from '@xenlevel/migration'
import { UsageError } from '../errors.js'
import { EXIT } from '../exit.js'
import { type ReadGuest, readGuest, wholeNumber } from '../guests/read-guest.js'
import { HOST_OPTIONS, listHosts } from '../hosts/read-hosts.js'
import { showAdmission } from '../output/admission.js'
import type { Problem } from '../output/printer.js'
import { count } from '../output/text.js'
import { defineVerb } from '../verb.js'

/** One host's answer. */
interface HostAnswer {
  readonly host: HostSnapshot
  readonly admission: Admission | ImageAdmission
}

/** The verb. */
export const admit = defineVerb({
  name: 'admit',
  operands: 'GUEST HOST…',
  summary: 'may this guest run on those hosts, and every reason why not',
  description: [
    'Puts a guest before hosts, as a migration, a resume or a restore would, and says all that is against it before anything moves: what Xen refuses, what it drops in silence so that the guest may crash (lost), what gets slower (degraded), and what the guest merely notices (cosmetic).',
    'The guest is a domain image (of xl, libvirt, xenopsd, libxl or libxc, of which only the head is read; - takes it from a pipe), a policy, a featureset as words, VM.last_boot_CPU_flags of xapi, a pool level, the snapshot of the host it booted on, or a guest document.',
    'Hosts are read as everywhere: see "xenlevel help level". Exit status 0: every host admits it; with --any: some host does.',
  ],
  options: {
    ...HOST_OPTIONS,
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      choices: ['hvm', 'pvh', 'pv', 'pv32'],
      help: 'the kind of guest; what the input says, or hvm, by default',
    },
    name: { type: 'string', value: 'NAME', help: 'what messages call the guest' },
    release: {
      type: 'string',
      value: 'RELEASE',
      completes: 'release',
      help: 'in whose words a featureset of the guest is; the newest by default',
    },
    fresh: { type: 'boolean', help: 'the guest is to be started, not to be moved while it runs' },
    any: { type: 'boolean', help: 'one host that admits it is enough' },
    all: {
      type: 'boolean',
      short: 'a',
      help: 'each reason as a sentence, degraded and cosmetic ones too',
    },
    shadow: { type: 'boolean', help: 'the domain is made for shadow paging (hap=0)' },
    nested: { type: 'boolean', help: 'the domain is made with nested virtualisation' },
    maxphysaddr: {
      type: 'string',
      value: 'BITS',
      help: 'the domain is made with so many address bits',
    },
    'memory-end': {
      type: 'string',
      value: 'BYTES',
      help: 'where its memory ends; judged against the address width',
    },
  },
  examples: [
    {
      command: 'xenlevel admit /var/lib/xen/save/web-1 hosts/*.json',
      does: 'where can this saved guest go',
    },
    {
      command: 'ssh src xl save -c web-1 /dev/stdout | xenlevel admit - dst.json',
      does: 'ask before it moves',
    },
    {
      command:
        'xe vm-param-get uuid=$VM param-name=last-boot-CPU-flags | xenlevel admit - hosts.ndjson',
      does: 'a VM of xapi',
    },
    {
      command: 'xenlevel admit hosts/sapphire-1.json hosts/haswell-1.json',
      does: 'a guest that booted on one host, before another',
    },
  ],
  async run({ io, values, operands, print }) {
    const [operand, ...rest] = operands
    if (operand === undefined || rest.length === 0)
      throw new UsageError(
        'Name the guest first, then the hosts: xenlevel admit GUEST HOST…',
        'admit',
      )
    const guest = await readGuest(operand, io, { name: values.name, kind: values.kind })
    const { hosts, problems } = await listHosts(rest, io, {
      verb: 'admit',
      release: values['xen-release'],
      tell: (problem) => print.problem(problem),
    })
    const bits = wholeNumber(values.maxphysaddr, 'maxphysaddr', 'admit')
    const end = wholeNumber(values['memory-end'], 'memory-end', 'admit')
    const question: Question = {
      fresh: values.fresh === true,
      memoryEnd: end === undefined ? undefined : BigInt(end),
      options: {
        ...(values.release === undefined ? {} : { release: values.release }),
        domain: {
          hap: values.shadow !== true,
          nestedVirt: values.nested === true,
          ...(bits === undefined ? {} : { maxPhysAddrBits: bits }),
        },
      },
    }
    const judge = await judgeOf(guest, question)
    const answers = hosts.map((host): HostAnswer => ({ host, admission: judge(host) }))
    const said = answers.map(({ admission }) => admission.admitted)
    const yes = values.any === true ? said.includes(true) : !said.includes(false)
    const ok = yes && problems.length === 0
    if (values.json === true) print.document(documentOf({ guest, answers, problems, ok }))
    else {
      print.lines(
        `${guest.name}, ${guest.cpu.kind.toUpperCase()}, from ${guest.from}, before ${count(hosts.length, 'host')}`,
      )
      for (const { host, admission } of answers)
        showAdmission({ host: host.name, admission, all: values.all === true }, print)
    }
    return ok ? EXIT.yes : EXIT.no
  },
})

interface Question {
  readonly fresh: boolean
  readonly memoryEnd: bigint | undefined
  readonly options: NonNullable<Parameters<typeof admitGuest>[2]>
}

async function judgeOf(
  { cpu, head, name }: ReadGuest,
  { fresh, memoryEnd, options }: Question,
): Promise<(host: HostSnapshot) => Admission | ImageAdmission> {
  const end = memoryEnd === undefined ? {} : { memoryEnd }
  if (head === undefined) {
    const guest = { ...cpu, ...end, ...(fresh ? { running: false } : {}) }
    return (host) => admitGuest(guest, host, options)
  }
  const { admitImage } = await import('@xenlevel/migration')
  return (host) => admitImage(head, host, { ...options, ...end, name, kind: cpu.kind })
}

function documentOf({
  guest,
  answers,
  problems,
  ok,
}: {
  readonly guest: ReadGuest
  readonly answers: readonly HostAnswer[]
  readonly problems: readonly Problem[]
  readonly ok: boolean
}): object {
  return {
    format: 'xenlevel/admission',
    version: 1,
    ok,
    guest: { name: guest.name, kind: guest.cpu.kind, from: guest.from },
    hosts: answers.map(({ host, admission }) => ({
      host: host.name,
      admitted: admission.admitted,
      reasons: admission.reasons,
      uncounted: admission.uncounted,
      evidence: admission.evidence,
      judged: admission.judged,
      xen: admission.xen,
      advice: admission.advice,
      levelTo:
        admission.levelTo === null
          ? null
          : { featureset: admission.levelTo.featureset, without: admission.levelTo.without },
    })),
    problems,
  }
}

/** `xenlevel image verify`: is an image right, and must a receiver take it. */
import { type ImageReport, verifyImage } from '@xenlevel/migration'
import { verifyFile } from '@xenlevel/migration/node'
import { messageOf } from '../errors.js'
import { EXIT } from '../exit.js'
import { wholeNumber } from '../guests/read-guest.js'
import { readHost } from '../guests/read-policy.js'
import { HOST_OPTIONS } from '../hosts/read-hosts.js'
import { findSources } from '../inputs/sources.js'
import type { Printer, Problem } from '../output/printer.js'
import { bytes, count, paragraph } from '../output/text.js'
import { progressOn } from '../progress.js'
import { defineVerb } from '../verb.js'

/** The verb. */
export const imageVerify = defineVerb({
  name: 'image verify',
  operands: '[FILE…]',
  summary: 'is a domain image right, and must a receiver take it',
  description: [
    'Judges whole images by two questions that are kept apart: is whoever wrote it right (verify), and must whoever restores it take it (restore). Everything that is wrong is told with its offset and record. Of files the pages of the guest are passed over, so that gigabytes take no time; pipes are read through.',
    'With --host the policy in the image is judged by the Xen of that host too. Exit status 1: one of the verdicts asked for is no.',
  ],
  options: {
    ...HOST_OPTIONS,
    mode: {
      type: 'string',
      value: 'MODE',
      choices: ['verify', 'restore'],
      help: 'this verdict alone',
    },
    host: { type: 'string', value: 'FILE', completes: 'file', help: 'the receiving host' },
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      choices: ['hvm', 'pvh', 'pv', 'pv32'],
      help: 'the kind of guest that the receiver is told; that of the image by default',
    },
    checkpointed: { type: 'boolean', help: 'the receiver is told that the image has checkpoints' },
    vcpus: { type: 'string', value: 'N', help: 'how many vCPUs the receiving domain has' },
    pages: {
      type: 'boolean',
      help: 'of files too, look into the page tables of PV guests, for which their pages have to be read',
    },
  },
  examples: [
    { command: 'xenlevel image verify /var/lib/xen/save/*', does: 'saved guests' },
    {
      command: 'ssh src xl save -c web-1 /dev/stdout | tee web-1.save | xenlevel image verify -',
      does: 'on the way',
    },
  ],
  async run({ io, values, operands, print }) {
    const vcpus = wholeNumber(values.vcpus, 'vcpus', 'image verify')
    const release = values['xen-release']
    const host =
      values.host === undefined
        ? undefined
        : await readHost(values.host, io, { verb: 'image verify', release })
    const known = {
      ...(values.mode === undefined ? {} : { mode: values.mode }),
      ...(values.kind === undefined ? {} : { kind: values.kind }),
      ...(host === undefined ? {} : { host }),
      ...(release === undefined ? {} : { release }),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(values.checkpointed === true ? { checkpointed: true } : {}),
      signal: io.signal,
    }
    const reports: FileReport[] = []
    const problems: Problem[] = []
    const tell = (problem: Problem) => {
      problems.push(problem)
      print.problem(problem)
    }
    for await (const { source, problem } of findSources(operands, io, {
      verb: 'image verify',
      what: 'images',
    })) {
      if (problem !== undefined) {
        tell(problem)
        continue
      }
      const { name } = source
      const progress = progressOn(io.stderr, name)
      try {
        const report =
          name === '-'
            ? await verifyImage(source.chunks(), {
                ...known,
                onProgress: (at) => progress.report(at.bytes),
              })
            : await verifyFile(io.files.absolute(name), {
                ...known,
                ...(values.pages === true ? { pageTables: true } : {}),
                onProgress: (at) => progress.report(at.bytes, at.size ?? undefined),
              })
        reports.push({ name, report })
      } catch (error) {
        if (io.signal.aborted) throw error
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE'
        tell({ file: name, line: null, code, message: messageOf(error) })
      } finally {
        progress.end()
      }
    }
    const ok = problems.length === 0 && reports.every(({ report }) => report.ok)
    if (values.json === true)
      print.document({
        format: 'xenlevel/image-verification',
        version: 1,
        ok,
        images: reports.map(({ name, report }) => documentOf(name, report)),
        problems,
      })
    else for (const { name, report } of reports) show(name, report, print)
    if (reports.length === 0) return EXIT.failed
    return ok ? EXIT.yes : EXIT.no
  },
})

interface FileReport {
  readonly name: string
  readonly report: ImageReport
}

function documentOf(file: string, report: ImageReport): object {
  const { ok, verify, restore, findings, counts, layers, version, xen, kind } = report
  const { complete, size, trailing, records, checkpoints, unseen } = report
  return {
    ...{ file, ok },
    verify: verify.ok,
    restore: restore.ok,
    ...{ findings, counts, layers },
    imageVersion: version,
    xen: xen === null ? null : xen.join('.'),
    ...{ kind, complete, size, trailing, records, checkpoints, unseen },
  }
}

function show(name: string, report: ImageReport, print: Printer): void {
  const { ok, verify, restore, findings, layers, xen, kind, size, trailing, unseen } = report
  const word = (verdict: boolean) =>
    verdict ? print.style('green', 'yes') : print.style('red', 'no')
  print.lines(
    `${word(ok)}  ${print.style('bold', name)}: ${layers.join(' around ') || 'no image'}${kind === null ? '' : `, ${kind.toUpperCase()}`}${xen === null ? '' : ` of Xen ${xen.join('.')}`}, ${bytes(size)}${trailing === 0 ? '' : `, ${bytes(trailing)} behind it`}`,
    `     written rightly: ${word(verify.ok)}; a receiver must take it: ${word(restore.ok)}`,
  )
  for (const { severity, offset, message, path } of findings)
    print.lines(
      ...paragraph(`${severity} at ${offset} (${path}): ${message}`, {
        indent: '     ',
        width: print.width,
      }),
    )
  if (findings.length > 0) print.lines(`     ${count(findings.length, 'finding')}`)
  for (const text of unseen)
    print.lines(
      ...paragraph(`not looked into: ${text}`, { indent: '     ', width: print.width }).map(
        (line) => print.style('dim', line),
      ),
    )
}

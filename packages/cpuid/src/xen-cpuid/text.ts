/** What Xen's own tool xen-cpuid prints, without the tool and without a Xen. */
import { featureTable } from '../features/tables.js'
import { PROGRAM, readArguments, type XenCpuidOutput } from './arguments.js'
import type { XenCpuidHost } from './host.js'
import { showDomainPolicy, showSystemPolicies } from './policies.js'
import { interpretFeatureset, showSets } from './sets.js'
import { xenCpuidTool } from './tool.js'

/** Which tool is meant, and where it runs. */
export interface XenCpuidOptions {
  /** The Xen release that the tool belongs to; the newest by default. */
  readonly release?: string
  /** The Xen it runs on; none by default, where it can only explain featuresets. */
  readonly host?: XenCpuidHost
}

/** What the tool says where there is no Xen. */
const NO_XEN: XenCpuidOutput = {
  stdout: '',
  stderr: `xencall: error: Could not obtain handle on privileged command interface: No such file or directory\n${PROGRAM}: xc_interface_open: No such file or directory\n`,
  rc: 1,
}

/**
 * What `xen-cpuid` (Xen, tools/misc/xen-cpuid.c) leaves for the same arguments: `info`, `detail`, `-p [domid]`, or featuresets to
 * explain.
 *
 * Held against the runs of two tools, of the development tree and of 4.17.7. From 4.19 on the tool takes its names from the
 * header, up to 4.18 it has names of its own; every release is answered in the form of the nearer of these two, with the words, masks
 * and new names of its own feature table. From 4.17.2 on that gives the tool's names, except for up to four bits that header and tool
 * of 4.17.6 and 4.18.5 do not share. Older tools differ in more: before 4.17.2 (4.16.5, 4.15.5, 4.14.6) the columns are narrower and
 * `PV Max` and `HVM Max` are not asked for, before 4.15 more names are spelt otherwise, before 4.12 there is no `-p`.
 *
 * On a host with more words than the tool's table has, the tool's masks end in zeros here; the tool reads beyond them.
 *
 * @param args - the arguments, without the program's name.
 * @param options - the tool's release and the Xen it runs on.
 * @throws {@link UnknownReleaseError} for a release without a feature table.
 */
export function xenCpuidText(
  args: readonly string[],
  options: XenCpuidOptions = {},
): XenCpuidOutput {
  const tool = xenCpuidTool(featureTable(options.release))
  const request = readArguments(args)
  if (request.mode === 'done') return request.output
  if (request.mode === 'interpret') {
    const parts = request.featuresets.map((text) => interpretFeatureset(text, tool))
    return {
      stdout: parts.map(({ stdout }) => stdout).join(''),
      stderr: parts.map(({ stderr }) => stderr).join(''),
      rc: 0,
    }
  }
  const { host } = options
  if (host === undefined) return NO_XEN
  if (request.mode === 'policy') {
    return request.domainId === -1
      ? showSystemPolicies(host)
      : showDomainPolicy(host, request.domainId)
  }
  return showSets(tool, host, request.mode === 'detail')
}

/** The table of all targets. */
import { commandLines, documents, runs } from './cli/targets.js'
import { bootOptions, configurations, libxlJson, xlCpuid } from './core/configuration.js'
import { names as guestNames, hostLines, poolLevels, snapshots, xapi } from './core/documents.js'
import { admissions, pools, topologies } from './core/hosts.js'
import { policies, policyDocuments, policyTexts } from './core/policies.js'
import { dumps } from './cpuid/dumps.js'
import { featuresets, jsonErrors, names, records } from './cpuid/featureset.js'
import { headers } from './cpuid/header.js'
import { xenCpuid } from './cpuid/xen-cpuid.js'
import { archives, files, selections, texts, options as ucodeOptions } from './microcode/targets.js'
import { heads, judgements, readings } from './migration/reading.js'
import { rewrites } from './migration/rewriting.js'
import type { Target } from './target.js'

/** All of them, by family. */
export const TARGETS: readonly Target[] = [
  dumps,
  featuresets,
  names,
  records,
  jsonErrors,
  headers,
  xenCpuid,
  policies,
  policyTexts,
  policyDocuments,
  snapshots,
  hostLines,
  poolLevels,
  xapi,
  guestNames,
  xlCpuid,
  libxlJson,
  configurations,
  bootOptions,
  pools,
  admissions,
  topologies,
  files,
  archives,
  texts,
  ucodeOptions,
  selections,
  judgements,
  readings,
  heads,
  rewrites,
  commandLines,
  documents,
  runs,
]

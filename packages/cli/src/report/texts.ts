/** The level as toolstacks write it: for all hosts where its words are enough, host by host where what to write depends on the host. */
import {
  derivePolicies,
  type Emission,
  type HostPolicies,
  type HostSnapshot,
  CpuPolicy,
  type PoolLevel,
  toLibvirtXml,
  toQemuCpu,
  toXapiFeatureset,
  toXlConfig,
} from '@xenlevel/core'
import { nearestRelease, XenlevelError } from '@xenlevel/cpuid'
import type { LevelText, ReportKind } from './types.js'

/** What the recorded CPUs of each generation have in common, as raw words in the order of the newest release. */
// Made by scripts/generate-generations.ts from the recorded CPUs that stand above each row. Do not edit.

/** A generation of CPUs. */
export interface Generation {
  /** What it is called. */
  readonly name: string
  /** Vendor of the CPUs. */
  readonly vendor: 'Intel' | 'AMD' | 'Hygon'
  /** How many CPUs it is made of. */
  readonly cpus: number
  /** What all of them have, as far as their dumps tell. */
  readonly all: string
  /** What any of them has. */
  readonly any: string
  /** Words that no dump tells; held as 0. */
  readonly unknownWords: readonly number[]
}

/** All generations, the vendors one after another, oldest first. */
export const GENERATIONS: readonly Generation[] = [
  // il-00006f4-woodcrest, il-00006f7-kentsfield-ddr3, lc-x86-64-core-intel-core2-cpu-6300, lc-x86-64-core-intel-core2-cpu-t5600, lc-x86-64-core-intel-core2-cpu-x6800, lc-x86-64-core-intel-core2-duo-cpu-e4500, lc-x86-64-core-intel-xeon-cpu-l5320, lc-x86-64-core-intel-xeon-cpu-x3210
  {
    name: 'Merom',
    vendor: 'Intel',
    cpus: 8,
    all: 'bfebfbff-0000e31d-20100800-00000001-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-0004e3bd-20100800-00000001-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00106d0-dunnington, lc-x86-64-core-intel-core2-duo-cpu-p8400, lc-x86-64-core-intel-core2-duo-cpu-t8100, lc-x86-64-core-intel-core2-extreme-cpu-x9650, lc-x86-64-core-intel-core2-quad-cpu-q9300, lc-x86-64-core-intel-xeon-cpu-e5462-dual
  {
    name: 'Penryn',
    vendor: 'Intel',
    cpus: 6,
    all: 'bfebfbff-0008e33d-20100800-00000001-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-000ce3fd-20100800-00000001-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00106a1-nehalem, il-00106a2-nehalem-dp, il-00106a2-nehalem-ep, il-00106a4-bloomfield, il-00106e0-lynnfield, il-00106f1-auburndale, il-00206e5-beckton, lc-x86-64-nehalem-intel-core-i7-cpu-860, lc-x86-64-nehalem-intel-core-i7-cpu-920, lc-x86-64-nehalem-intel-core-i7-cpu-q-720
  {
    name: 'Nehalem',
    vendor: 'Intel',
    cpus: 10,
    all: 'b7ebfbff-0098e3bd-28100800-00000001-00000000-00000000-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-00bce3fd-28100800-00000001-00000000-00000000-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00206c2-gulftown-01, il-00206f2-eagleton, lc-x86-64-nehalem-intel-core-i7-cpu-x-990
  {
    name: 'Westmere',
    vendor: 'Intel',
    cpus: 3,
    all: 'bfebfbff-029ae3bf-2c100800-00000001-00000000-00000000-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-02bee3ff-2c100800-00000001-00000000-00000000-00000000-00000100-00000000-9c000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00206a6-sandybridge, lc-x86-64-sandy-bridge-intel-core-i7-2600k-cpu
  {
    name: 'SandyBridge',
    vendor: 'Intel',
    cpus: 2,
    all: 'bfebfbff-1f9ae3bf-28100800-00000001-00000100-00000000-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-1f9ae3bf-28100800-00000001-00000100-00000000-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00306a9-ivybridgews, il-00306e4-ivybridgee, il-00306e4-ivybridgeep, lc-x86-64-sandy-bridge-intel-core-i7-3770k-cpu, lc-x86-64-sandy-bridge-intel-core-i7-4930k-cpu
  {
    name: 'IvyBridge',
    vendor: 'Intel',
    cpus: 5,
    all: 'bfebfbff-7f9ae3bf-28100800-00000001-00000100-00000281-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7fbee3ff-2c100800-00000001-00000100-00000281-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00306e4-ivybridgee, il-00306e4-ivybridgeep, lc-x86-64-sandy-bridge-intel-core-i7-4930k-cpu
  {
    name: 'IvyBridge-Server',
    vendor: 'Intel',
    cpus: 3,
    all: 'bfebfbff-7fbee3bf-2c100800-00000001-00000100-00000281-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7fbee3ff-2c100800-00000001-00000100-00000281-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00306c3-haswell-11, il-00306f2-haswellep-00, il-00306f2-haswellep-01, il-00306f2-haswellep-05, il-0040661-crystalwell, lc-x86-64-haswell-intel-core-i3-4130-cpu, lc-x86-64-haswell-intel-core-i5-4258u-cpu, lc-x86-64-haswell-intel-core-i7-4500u-cpu, lc-x86-64-haswell-intel-core-i7-4710mq-cpu, lc-x86-64-haswell-intel-core-i7-4750hq-cpu, lc-x86-64-haswell-intel-core-i7-4765t-cpu, lc-x86-64-haswell-intel-core-i7-4770-cpu, lc-x86-64-haswell-intel-core-i7-5820k-cpu
  {
    name: 'Haswell',
    vendor: 'Intel',
    cpus: 13,
    all: 'bfebfbff-7fdafbbf-2c100800-00000021-00000000-000027ab-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000021-00000101-000037ab-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00306f2-haswellep-00, il-00306f2-haswellep-01, il-00306f2-haswellep-05, lc-x86-64-haswell-intel-core-i7-5820k-cpu
  {
    name: 'Haswell-Server',
    vendor: 'Intel',
    cpus: 4,
    all: 'bfebfbff-7ffefbbf-2c100800-00000021-00000001-000037ab-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000021-00000001-000037ab-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00406f1-broadwelle-01, il-00406f1-broadwelle-02, il-00406f1-broadwelle-4, il-0050662-broadwellde, il-0050664-broadwellde-4, lc-x86-64-haswell-intel-core-i5-5250u-cpu, lc-x86-64-haswell-intel-core-i7-5500u-cpu, lc-x86-64-haswell-intel-core-i7-6800k-cpu, lc-x86-64-haswell-intel-core-i7-6850k-cpu, lc-x86-64-haswell-intel-processor-5y70-cpu
  {
    name: 'Broadwell',
    vendor: 'Intel',
    cpus: 10,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-00000001-021c27ab-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-00000001-021cbfbb-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00406f1-broadwelle-01, il-00406f1-broadwelle-02, il-00406f1-broadwelle-4, il-0050662-broadwellde, il-0050664-broadwellde-4, lc-x86-64-haswell-intel-core-i7-6800k-cpu, lc-x86-64-haswell-intel-core-i7-6850k-cpu
  {
    name: 'Broadwell-Server',
    vendor: 'Intel',
    cpus: 7,
    all: 'bfebfbff-7ffefbbf-2c100800-00000121-00000001-021cbfbb-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-00000001-021cbfbb-00000000-00000100-00000000-9c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00506e0-skylake-2, il-00506e3-skylake-01, lc-x86-64-skylake-intel-core-i5-6400t-cpu, lc-x86-64-skylake-intel-core-i7-6500u-cpu, lc-x86-64-skylake-intel-core-i7-6700k-cpu, lc-x86-64-skylake-intel-core-m3-6y30-cpu
  {
    name: 'Skylake-Client',
    vendor: 'Intel',
    cpus: 6,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-029c67af-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-029c6fbf-00000000-00000100-00000000-9c002400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0050654-skylakexeon-10, il-0050654-skylakexeon-11, il-0050654-skylakexeon-16, il-0050654-skylakexeon-2, il-0050654-skylakexeon-6, il-0050654-skylakexeon-jintide-1, lc-x86-64-skylake-intel-core-i9-7980xe-cpu, lc-x86-64-skylake-intel-core-i9-9820x-cpu
  {
    name: 'Skylake-Server',
    vendor: 'Intel',
    cpus: 8,
    all: 'bfebfbff-7ffefbb7-2c100800-00000121-0000000f-d39ffffb-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-0000000f-d39ffffb-00000018-00000100-00000000-bc002400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00806ea-kabylake, il-00806ec-cometlake-2, il-00806ec-cometlake-3, lc-x86-64-skylake-intel-core-i3-10110u-cpu, lc-x86-64-skylake-intel-core-i3-8350k-cpu, lc-x86-64-skylake-intel-core-i5-10210u-cpu, lc-x86-64-skylake-intel-core-i5-7200u-cpu, lc-x86-64-skylake-intel-core-i5-7600k-cpu, lc-x86-64-skylake-intel-core-i5-8265u-cpu, lc-x86-64-skylake-intel-core-i5-8350u-cpu, lc-x86-64-skylake-intel-core-i7-7700k-cpu, lc-x86-64-skylake-intel-core-i7-8086k-cpu, lc-x86-64-skylake-intel-core-i7-8565u-cpu, lc-x86-64-skylake-intel-core-i7-8700k-cpu, lc-x86-64-skylake-intel-core-i7-8705g-cpu, lc-x86-64-skylake-intel-core-i7-8750h-cpu, lc-x86-64-skylake-intel-core-i7-9750h-cpu, lc-x86-64-skylake-intel-core-m3-7y30-cpu, lc-x86-64-skylake-intel-core-m3-8100y-cpu
  {
    name: 'KabyLake',
    vendor: 'Intel',
    cpus: 19,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-029c67af-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-029c6fbf-40000000-00000100-00000000-bc002600-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    unknownWords: [],
  },
  // il-0050656-cascadelakesp, il-0050657-cascadelakesp-1, il-0050657-cascadelakesp-2, il-0050657-cascadelakew, il-0050657-cascadelakex-1, il-0050657-cascadelakex-2, il-0050657-cascadelakexeon, lc-x86-64-skylake-intel-core-i9-10940x-cpu, lc-x86-64-skylake-intel-core-i9-10980xe-cpu
  {
    name: 'Cascadelake-Server',
    vendor: 'Intel',
    cpus: 9,
    all: 'bfebfbff-7ffefbbf-2c100800-00000121-0000000f-d39ffffb-00000800-00000100-00000000-bc000400-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-0000000f-d39ffffb-00000808-00000100-00000000-bc000400-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    unknownWords: [],
  },
  // il-00a0655-cometlake-2, il-00a0655-cometlake-pcht-16th, il-00a0660-cometlake-1, lc-x86-64-skylake-intel-core-i7-10700k-cpu, lc-x86-64-skylake-intel-core-i7-10710u-cpu, lc-x86-64-skylake-intel-core-i9-10900k-cpu
  {
    name: 'CometLake',
    vendor: 'Intel',
    cpus: 6,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-029c67af-00000000-00000100-00000000-bc000400-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-029c67af-40000008-00000100-00000000-bc000400-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    unknownWords: [],
  },
  // il-00706e5-icelakey-3, lc-x86-64-sunny-cove-intel-core-i3-1005g1-cpu
  {
    name: 'Icelake-Client',
    vendor: 'Intel',
    cpus: 2,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-f2bf27ef-40405f4e-00000100-00000000-bc000410-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    any: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-f2bf27ef-40405f4e-00000100-00000000-bc000410-00000000-00000000-00000000-00000000-00000000-00000000-0000002b-00000000-00000000',
    unknownWords: [],
  },
  // il-00606a6-icx-04, il-00606a6-icx-2
  {
    name: 'Icelake-Server',
    vendor: 'Intel',
    cpus: 2,
    all: 'bfebfbff-7ffefbff-2c100800-00000121-0000000f-f3bfbfff-40417f4e-00000100-00000200-bc040412-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-0000000f-f3bfbfff-40417f4e-00000100-00000200-bc040412-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [16, 17],
  },
  // il-00806c1-tigerlake-01, il-00806c1-tigerlake-3, il-00806d1-tigerlakeh-1, lc-x86-64-willow-cove-11th-gen-intel-core-i5-1135g7, lc-x86-64-willow-cove-11th-gen-intel-core-i7-1165g7, lc-x86-64-willow-cove-11th-gen-intel-core-i7-11800h
  {
    name: 'TigerLake',
    vendor: 'Intel',
    cpus: 6,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-f3bfa7eb-18c05fce-00000100-00000000-fc100510-00000000-00000000-00000000-00000000-00000000-00000000-0000006b-00000000-00000000',
    any: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-f3bfa7eb-18c05fce-00000100-00000000-fc100510-00000000-00000000-00000000-00000000-00000000-00000000-0000006b-00000000-00000000',
    unknownWords: [],
  },
  // il-00a0671-rocketlake-01, il-00a0671-rocketlake-05, il-00a0671-rocketlakee-01, lc-x86-64-cypress-cove-11th-gen-intel-core-i9-11900k
  {
    name: 'RocketLake',
    vendor: 'Intel',
    cpus: 4,
    all: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-f2bf67eb-00405f4e-00000100-00000000-bc000410-00000000-00000000-00000000-00000000-00000000-00000000-0000006b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-f2bf67ef-40405f4e-00000100-00000000-bc000410-00000000-00000000-00000000-00000001-00000000-00000000-00023c6b-00000000-00000000',
    unknownWords: [],
  },
  // il-0090672-alderlake-03, il-00906a2-alderlakep-01, il-00906a4-alderlakep-00, lc-x86-64-golden-cove-12th-gen-intel-core-i3-1220p, lc-x86-64-golden-cove-12th-gen-intel-core-i7-12800hx, lc-x86-64-golden-cove-12th-gen-intel-core-i9-12900hk
  {
    name: 'AlderLake',
    vendor: 'Intel',
    cpus: 6,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-239c27eb-984007ac-00000100-00000000-fc18c410-00400810-00000000-00000000-00000000-00000000-00000000-00000d6b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239ca7eb-98c007ac-00000100-00000000-fc18c410-00400810-00000000-00000000-00000017-00000000-00000000-0088fd6b-00000000-00000000',
    unknownWords: [],
  },
  // il-00b0671-raptorlake-05, il-00b0671-raptorlake-11, il-00b0671-raptorlake-12, il-00b0671-raptorlake-13, il-00b0671-raptorlake-14, il-00b0674-bartlettlake-01, il-00b06a2-raptorlakep-02, il-00b06a2-raptorlakep-04, il-00b06a3-raptorlakep-01, il-00b06f2-raptorlakes-02, lc-x86-64-raptor-cove-13th-gen-intel-core-i5-13500, lc-x86-64-raptor-cove-13th-gen-intel-core-i7-1365u, lc-x86-64-raptor-cove-13th-gen-intel-core-i7-13700k, lc-x86-64-raptor-cove-13th-gen-intel-core-i9-13900h, lc-x86-64-raptor-cove-intel-core-i5-14600k, lc-x86-64-raptor-cove-intel-core-i7-14700k, lc-x86-64-raptor-cove-intel-core-i9-14900k
  {
    name: 'RaptorLake',
    vendor: 'Intel',
    cpus: 17,
    all: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239c27eb-98c027ac-00000100-00000000-fc1c4410-00400810-00000000-00000000-00000017-00000000-00000000-0088fd6b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239c27eb-9ac027ac-00000100-00000000-fc1cc410-00401c10-00000000-00000000-0000009f-00000000-00040000-1cc8fd6b-00000000-00000000',
    unknownWords: [],
  },
  // il-00806f8-sapphirerapids-06
  {
    name: 'SapphireRapids',
    vendor: 'Intel',
    cpus: 1,
    all: 'bfebfbff-7ffefbff-2c100800-00000121-0000001f-f3bfbffb-bb417fee-00000100-00000200-ffdd4430-00001c30-00000000-00000000-00000017-00000000-00000000-00a8fdeb-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-0000001f-f3bfbffb-bb417fee-00000100-00000200-ffdd4430-00001c30-00000000-00000000-00000017-00000000-00000000-00a8fdeb-00000000-00000000',
    unknownWords: [],
  },
  // il-00c06f2-emeraldrapids-02
  {
    name: 'EmeraldRapids',
    vendor: 'Intel',
    cpus: 1,
    all: 'bfebfbff-7ffefbff-2c100800-00000121-0000001f-f3bfbfff-fb417fee-00000100-00000200-ffdd4432-00001c30-00000000-00000000-0000001f-00000000-00040000-6c28fdeb-00000000-00000000',
    any: 'bfebfbff-7ffefbff-2c100800-00000121-0000001f-f3bfbfff-fb417fee-00000100-00000200-ffdd4432-00001c30-00000000-00000000-0000001f-00000000-00040000-6c28fdeb-00000000-00000000',
    unknownWords: [],
  },
  // il-00a06a4-meteorlake-10, lc-x86-64-redwood-cove-intel-core-ultra-7-155h
  {
    name: 'MeteorLake',
    vendor: 'Intel',
    cpus: 2,
    all: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239c27eb-994007ac-00000100-00000000-fc18c410-40400910-00000000-00000001-0000003f-00000000-00040000-0d89fd6b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239c27eb-994007ac-00000100-00000000-fc18c410-40400910-00000000-00000001-0000003f-00000000-00040000-0d89fd6b-00000000-00000000',
    unknownWords: [],
  },
  // il-00b0650-arrowlakeu-03, il-00c0662-arrowlake-07, lc-x86-64-lion-cove-intel-core-ultra-5-245k, lc-x86-64-lion-cove-intel-core-ultra-7-265u
  {
    name: 'ArrowLake',
    vendor: 'Intel',
    cpus: 4,
    all: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239c27eb-994027ac-00000100-00000000-fc18c410-40400910-00000000-00000001-000000bf-00000000-00040000-0de9fd6b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239ca7eb-994027ac-00000100-00000200-fc1cc430-44c009d7-00000000-00000001-000000bf-00000000-00040430-0df9fd6b-00000000-00000000',
    unknownWords: [],
  },
  // il-00c06c3-pantherlakel-01
  {
    name: 'PantherLake',
    vendor: 'Intel',
    cpus: 1,
    all: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239ca7eb-994007bc-00000100-00000200-fc18c430-4cce09d7-00000000-00000001-000000bf-00000002-00040430-00000000-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239ca7eb-994007bc-00000100-00000200-fc18c430-4cce09d7-00000000-00000001-000000bf-00000002-00040430-00000000-00000000-00000000',
    unknownWords: [16, 17],
  },
  // il-0050671-knightslanding, il-0050671-knightslanding-2
  {
    name: 'KnightsLanding',
    vendor: 'Intel',
    cpus: 2,
    all: 'bfebfbff-7ff8f39f-2c100800-00000121-00000001-1c0d23ab-00000001-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-7ff8f39f-2c100800-00000121-00000001-1c0d23ab-00000001-00000100-00000000-04000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00506d1-sofia, lc-x86-atom-silvermont-intel-atom-cpu-c2758, lc-x86-atom-silvermont-intel-atom-cpu-e3827, lc-x86-atom-silvermont-intel-atom-cpu-z3740, lc-x86-atom-silvermont-intel-atom-cpu-z3745, lc-x86-atom-silvermont-intel-celeron-cpu-n2820
  {
    name: 'Silvermont',
    vendor: 'Intel',
    cpus: 6,
    all: '1f89fbff-00d8e20b-28100800-00000101-00000000-00002282-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-43d8e3bf-28100800-00000101-00000000-00002282-00000000-00000100-00000000-0c000400-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-00506f1-denverton, lc-x86-atom-goldmont-intel-atom-cpu-c3958, lc-x86-atom-goldmont-intel-celeron-cpu-n3450, lc-x86-atom-goldmont-intel-pentium-cpu-n4200
  {
    name: 'Goldmont',
    vendor: 'Intel',
    cpus: 4,
    all: 'bfebfbff-4ff8ebbf-2c100800-00000101-0000000f-2294e283-00000000-00000100-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: 'bfebfbff-4ff8ebbf-2c100800-00000101-0000000f-2294e283-00000000-00000100-00000000-2c000000-00000000-00000000-00000000-00000000-00000000-00000000-00000001-00000000-00000000',
    unknownWords: [],
  },
  // il-00706a1-goldmontplus-2, il-00706a8-goldmontplus-2, lc-x86-atom-goldmont-plus-intel-celeron-j4105-cpu, lc-x86-atom-goldmont-plus-intel-celeron-n4100-cpu, lc-x86-atom-goldmont-plus-intel-pentium-silver-j5040-cpu
  {
    name: 'GoldmontPlus',
    vendor: 'Intel',
    cpus: 5,
    all: 'bfebfbff-4ff8ebbf-2c100800-00000101-0000000f-2294e287-40400004-00000100-00000000-2c000000-00000000-00000000-00000000-00000000-00000000-00000000-00000002-00000000-00000000',
    any: 'bfebfbff-4ff8ebbf-2c100800-00000101-0000000f-2294e287-40400004-00000100-00000000-ac000400-00000000-00000000-00000000-00000000-00000000-00000000-0000006b-00000000-00000000',
    unknownWords: [],
  },
  // il-0090661-elkhartlake-01, il-00906c0-jasperlake-01, il-00906c0-jasperlake-01-v2, il-00906c0-jasperlake-02, il-00906c0-jasperlake-03, lc-x86-atom-tremont-intel-celeron-j6412, lc-x86-atom-tremont-intel-celeron-n4505, lc-x86-atom-tremont-intel-celeron-n5100, lc-x86-atom-tremont-intel-pentium-silver-n6005
  {
    name: 'Tremont',
    vendor: 'Intel',
    cpus: 9,
    all: 'bfebfbff-4ff8ebbf-28100800-00000101-0000000f-2394a2c3-18400124-00000100-00000000-fc000400-00000000-00000000-00000000-00000000-00000000-00000000-0000006b-00000000-00000000',
    any: 'bfebfbff-4ff8ebbf-28100800-00000101-0000000f-2394a2c3-18400124-00000100-00000000-fc000400-00000000-00000000-00000000-00000000-00000000-00000000-00000c6b-00000000-00000000',
    unknownWords: [],
  },
  // il-00b06e0-alderlaken-02, il-00b06e0-twinlake-01, lc-x86-atom-gracemont-intel-core-3-n355, lc-x86-atom-gracemont-intel-n95
  {
    name: 'Gracemont',
    vendor: 'Intel',
    cpus: 4,
    all: 'bfebfbff-7ffafbbf-2c100800-00000121-0000000f-239ca7eb-98c007ac-00000100-00000000-fc184410-00000810-00000000-00000000-00000037-00000000-00000000-0180fd6b-00000000-00000000',
    any: 'bfebfbff-7ffafbff-2c100800-00000121-0000000f-239ca7eb-98c007ac-00000100-00000000-fc184410-00000810-00000000-00000000-00000037-00000000-00040000-1580fd6b-00000000-00000000',
    unknownWords: [],
  },
  // il-0050ff3-k8-orleans, il-0070ff1-k8-lima, lc-k8-amd-athlon-64-processor-2800, lc-k8-amd-athlon-64-processor-3000, lc-k8-amd-athlon-64-processor-3200, lc-k8-amd-athlon-64-x2-dual-core-processor-4000, lc-k8-amd-athlon-processor-tf-20, lc-k8-amd-opteron-processor-248, lc-k8-amd-sempron-processor-2600, lc-k8-dual-core-amd-opteron-processor-2210-he-quad, lc-k8-dual-core-amd-opteron-processor-8220-se-octo, lc-k8-mobile-amd-sempron-processor-3500
  {
    name: 'K8',
    vendor: 'AMD',
    cpus: 12,
    all: '078bfbff-00000000-e0500800-00000000-00000000-00000000-00000000-00000009-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-00002001-ea500800-0000011f-00000000-00000000-00000000-0000007f-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0100f52-k10-propus-c3, lc-k10-amd-athlon-7750-dual-core-processor, lc-k10-amd-athlon-ii-p320-dual-core-processor, lc-k10-amd-athlon-ii-x2-245-processor, lc-k10-amd-athlon-ii-x2-280-processor, lc-k10-amd-athlon-ii-x3-425-processor, lc-k10-amd-athlon-ii-x4-620-processor, lc-k10-amd-athlon-x2-250-processor, lc-k10-amd-athlon-x4-620-processor, lc-k10-amd-opteron-processor-4176-he-dual, lc-k10-amd-phenom-ii-x2-550-processor, lc-k10-amd-phenom-ii-x2-b55-processor, lc-k10-amd-phenom-ii-x3-710-processor, lc-k10-amd-phenom-ii-x6-1055t-processor, lc-k10-amd-processor-model-unknown, lc-k10-amd-sempron-140-processor, lc-k10-amd-sempron-processor-140-processor, lc-k10-quad-core-amd-opteron-processor-2378-dual, lc-k10-six-core-amd-opteron-processor-2431-dual
  {
    name: 'K10',
    vendor: 'AMD',
    cpus: 19,
    all: '078bfbff-00802009-ee500800-0000077d-00000000-00000000-00000000-000001f9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-00802009-ee500800-000837ff-00000000-00000000-00000000-000003f9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // lc-bulldozer-amd-fx-6100-six-core-processor, lc-bulldozer-amd-opteron-processor-6238-dual
  {
    name: 'Bulldozer',
    vendor: 'AMD',
    cpus: 2,
    all: '178bfbff-1e98220b-2e500800-01c9bfff-00000000-00000000-00000000-000003d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-1e98220b-2e500800-01c9bfff-00000100-00000000-00000000-000003d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0600f20-k15-abudhabi-0, lc-bulldozer-amd-fx-8350-eight-core-processor, lc-bulldozer-amd-fx-9590-eight-core-processor, lc-bulldozer-amd-opteron-processor-6380
  {
    name: 'Piledriver',
    vendor: 'AMD',
    cpus: 4,
    all: '178bfbff-3e98320b-2e500800-01ebbfff-00000000-00000008-00000000-000007d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-3e98320b-2e500800-01ebbfff-00000100-00000008-00000000-000007d9-00001000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // lc-bulldozer-amd-a10-7850k-radeon-r7-12-compute-cores-4c-8g, lc-bulldozer-amd-a10-8750-radeon-r7-12-compute-cores-4c-8g, lc-bulldozer-amd-rx-427bb-with-amd-radeon-r7-graphics
  {
    name: 'Steamroller',
    vendor: 'AMD',
    cpus: 3,
    all: '178bfbff-3e98320b-2e500800-0fabbfff-00000001-00000009-00000000-000027d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-3e98320b-2e500800-0febbfff-00000001-00000009-00000000-000027d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // lc-bulldozer-amd-a8-7680-radeon-r7-10-compute-cores-4c-6g, lc-bulldozer-amd-fx-8800p-radeon-r7-12-compute-cores-4c-8g, lc-bulldozer-amd-pro-a12-8870-r7-12-compute-cores-4c-8g
  {
    name: 'Excavator',
    vendor: 'AMD',
    cpus: 3,
    all: '178bfbff-3ed8320b-2e500800-2fabbfff-00000001-000001a9-00000000-000037d9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7ed8320b-2e500800-2febbfff-00000001-000001a9-00000000-000037d9-00001000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0720f61-k16-cato-2
  {
    name: 'Jaguar',
    vendor: 'AMD',
    cpus: 1,
    all: '178bfbff-3ed8220b-2e500800-154837ff-00000001-00000008-00000000-000009c9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-3ed8220b-2e500800-154837ff-00000001-00000008-00000000-000009c9-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0800f12-k17-zen, il-0850f00-k17-zen-2, lc-zen-amd-3020e-with-radeon-graphics, lc-zen-amd-ryzen-5-1500x-quad-core-processor, lc-zen-amd-ryzen-5-2400g-with-radeon-vega-graphics, lc-zen-amd-ryzen-7-1700x-eight-core-processor, lc-zen-amd-ryzen-threadripper-1950x-16-core-processor
  {
    name: 'Zen',
    vendor: 'AMD',
    cpus: 7,
    all: '178bfbff-7ed8320b-2e500800-35c233ff-0000000f-209c01a9-00000000-00006599-00000007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7ed8320b-2e500800-35c233ff-0000000f-209c01a9-00000000-00006799-00029007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0800f82-k17-pinnacleridge-01, il-0800f82-k17-zenp2, il-0810f81-k17-picasso3, lc-zen-amd-ryzen-5-3500u-with-radeon-vega-mobile-gfx, lc-zen-amd-ryzen-5-3550h-with-radeon-vega-mobile-gfx, lc-zen-amd-ryzen-threadripper-2950x-16-core-processor
  {
    name: 'Zen+',
    vendor: 'AMD',
    cpus: 6,
    all: '178bfbff-7ed8320b-2e500800-35c233ff-0000000f-209c01a9-00000000-00006599-00001007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7ed8320b-2e500800-35c233ff-0000000f-209c01a9-00000000-00006799-00001007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0830f10-k17-castlepeak, il-0830f10-k17-castlepeak-2, il-0830f10-k17-rome, il-0830f10-k17-rome-2, il-0830f10-k17-rome-7, il-0870f10-k17-matisse-01, il-0870f10-k17-matisse-2, lc-zen2-amd-custom-apu-0405, lc-zen2-amd-ryzen-3-3100-4-core-processor, lc-zen2-amd-ryzen-5-3600-6-core-processor, lc-zen2-amd-ryzen-5-3600x-6-core-processor, lc-zen2-amd-ryzen-5-3600xt-6-core-processor, lc-zen2-amd-ryzen-5-4500u-with-radeon-graphics, lc-zen2-amd-ryzen-5-5500u-with-radeon-graphics, lc-zen2-amd-ryzen-7-3700x-8-core-processor, lc-zen2-amd-ryzen-7-3800xt-8-core-processor, lc-zen2-amd-ryzen-7-4800h-with-radeon-graphics, lc-zen2-amd-ryzen-7-5700u-with-radeon-graphics, lc-zen2-amd-ryzen-9-3900x-12-core-processor, lc-zen2-amd-ryzen-9-3900xt-12-core-processor, lc-zen2-amd-ryzen-9-pro-3900-12-core-processor
  {
    name: 'Zen2',
    vendor: 'AMD',
    cpus: 21,
    all: '178bfbff-7ed8320b-2e500800-75c237ff-0000000f-219c91a9-00400004-00006599-010cb657-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7ef8320b-2e500800-75c237ff-0000000f-219c91a9-00400004-00006799-098ef757-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0a00f11-k19-milan-1, il-0a20f12-k19-vermeer-03, lc-zen3-amd-ryzen-7-5800h-with-radeon-graphics, lc-zen3-amd-ryzen-7-5800hs-creator-edition, lc-zen3-amd-ryzen-7-5825u-with-radeon-graphics, lc-zen3-amd-ryzen-9-5950x-16-core-processor
  {
    name: 'Zen3',
    vendor: 'AMD',
    cpus: 6,
    all: '178bfbff-7ed8320b-2e500800-75c237ff-0000000f-219c97a9-0040068c-00006599-111ef657-00000010-00000000-0000000d-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7efa320b-2e500800-75c237ff-0000000f-219c97a9-0040068c-00006799-99bef75f-00000010-00000000-0000204d-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0a10f11-k19-genoa-02, il-0a60f12-k19-raphael-09, il-0a70f52-k19-hawkpoint-01, il-0a70fc0-k19-hawkpoint2-01, lc-zen4-amd-ryzen-7-7800x3d-8-core-processor, lc-zen4-amd-ryzen-7-8700g-with-radeon-780m-graphics, lc-zen4-amd-ryzen-7-8845hs-with-radeon-780m-graphics, lc-zen4-amd-ryzen-9-7900x3d-12-core-processor, lc-zen4-amd-ryzen-9-7940h-with-radeon-780m-graphics
  {
    name: 'Zen4',
    vendor: 'AMD',
    cpus: 9,
    all: '178bfbff-7ed8320b-2e500800-75c237ff-0000000f-f1bf97a9-00405fce-00006799-191ef257-10000000-00000020-00062fcf-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7efa320b-2e500800-75c237ff-0000000f-f1bf97a9-00415fde-0000e799-79bef25f-10000010-00000020-00062fcf-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0b00f21-k20-turin-01, il-0b00f81-k20-shimadapeak-03, il-0b40f40-k20-graniteridge-02, il-0b40f40-k20-graniteridge-06, il-0b60f00-k20-gorgonpoint-01, lc-zen5-amd-ryzen-9-9950x-16-core-processor, lc-zen5-amd-ryzen-ai-7-pro-350-with-radeon-860m, lc-zen5-amd-ryzen-ai-7-pro-360-with-radeon-880m
  {
    name: 'Zen5',
    vendor: 'AMD',
    cpus: 8,
    all: '178bfbff-7ed8320b-2e500800-75c237ff-0000000f-f1bf97ab-19405fce-00006599-791ef257-10000110-00000030-593fffcf-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-7efa320b-2e500800-75c237ff-0000000f-f1bf97ab-19415fce-00006799-79bef25f-10000110-00000030-d97fffcf-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
  // il-0900f02-hygon, il-0900f11-hygon-01
  {
    name: 'Dhyana',
    vendor: 'Hygon',
    cpus: 2,
    all: '178bfbff-74d83209-2e500800-35c233ff-0000000f-009c01a9-00000000-00006599-00001007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    any: '178bfbff-76d8320b-2e500800-35c233ff-0000000f-209c01a9-00000000-00006599-00001007-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    unknownWords: [],
  },
]

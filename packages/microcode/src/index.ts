/** Microcode files: read, judge, choose, plan, and the late-load rendezvous. */
export {}

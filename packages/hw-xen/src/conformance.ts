/** The suite that every hypervisor is held to. */
export {}

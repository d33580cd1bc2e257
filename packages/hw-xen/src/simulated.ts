/** A simulated Xen: pure, without koffi. */
export {}

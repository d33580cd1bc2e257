/** A running Xen from Node, through privcmd. */
export {}

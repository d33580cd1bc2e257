/** Domain images of Xen: read, decide from the head, rewrite the policy. */
export {}

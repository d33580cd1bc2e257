// Imported before the clock starts, so that Node's own module loader is ready.
export {}

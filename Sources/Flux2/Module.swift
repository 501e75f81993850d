// The Flux2 module.

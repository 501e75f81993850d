// The Weights module.

// The Tokenization module.

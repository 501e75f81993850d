"""Trains the embedded Iris model: procedural scenes, tokenizer, encoders, transformer, export."""

"""Text in, ids out: normalisation, tokenizer, chunks. Knows nothing of tensors or heads."""

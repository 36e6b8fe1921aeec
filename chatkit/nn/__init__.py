"""Neural parts: encoder, vocabulary (tied softmax), pooling, decoding, fast step. Knows nothing of text."""

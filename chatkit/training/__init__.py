"""Joint training of heads on one encoder, and their evaluation."""

"""One published weighting method a file."""

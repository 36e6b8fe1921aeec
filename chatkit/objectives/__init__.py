"""Several objectives on one encoder: weighting and what each one costs."""

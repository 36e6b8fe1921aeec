"""Many runs of one config: weightings, learning rates and seeds, and each objective trained alone."""

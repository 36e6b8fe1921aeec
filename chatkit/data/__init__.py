"""Records of a task, and the readers that make them from files."""

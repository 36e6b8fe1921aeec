"""A loaded assistant at work: turns, engine process, history, documents."""

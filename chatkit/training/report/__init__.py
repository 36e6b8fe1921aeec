"""What a run or a sweep shows a person: gathered from its files, then as text or as one HTML page."""

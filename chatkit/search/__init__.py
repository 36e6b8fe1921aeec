"""Ranking passages: BM25, dense vectors and their fusion."""

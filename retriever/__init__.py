"""Answers: query, search, fusion, miss decision and explanation."""

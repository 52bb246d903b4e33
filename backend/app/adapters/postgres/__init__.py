"""PostgreSQL, which holds the truth: positions with their books, datasets and runs."""

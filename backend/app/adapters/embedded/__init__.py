"""PostgreSQL and Valkey as private processes, for a machine that has neither."""

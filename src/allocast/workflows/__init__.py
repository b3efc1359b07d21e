"""One module a job: read, compute, write."""

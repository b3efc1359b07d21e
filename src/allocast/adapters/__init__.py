"""Talks to the outside: tables, publishers' data sets, settings, MLflow, engines."""

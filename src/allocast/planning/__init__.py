"""The program in one pure function."""

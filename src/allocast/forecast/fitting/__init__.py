"""What a demand model learns from: rows of the series, of copies made young, and what it says of rows kept from it."""

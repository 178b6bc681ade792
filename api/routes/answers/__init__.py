"""What is answered, typed, by subject. Fields may be added, none is renamed or removed."""

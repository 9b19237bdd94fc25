"""Papers for people outside of the program, as PDF files. Words and drawing only; what they tell comes from core."""

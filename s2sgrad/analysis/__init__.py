"""What is known about a program: kinds, activity, effects."""

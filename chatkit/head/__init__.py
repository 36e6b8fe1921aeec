"""What a head is: the Head class, what it is given and what it says."""

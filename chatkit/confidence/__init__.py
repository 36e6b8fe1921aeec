"""How far an answer can be trusted: calibrated probabilities, sets of labels, familiarity of a text. Knows no head."""

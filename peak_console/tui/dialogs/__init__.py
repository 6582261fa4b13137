"""What the console asks: small screens over the others, each with one sentence, an Enter and an Esc."""

"""What goes wrong with payments, one small function for each: it changes journal and bill as the world would."""

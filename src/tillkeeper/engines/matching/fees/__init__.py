"""What each payment should have cost by the fee plans, against what the bill says, set-wise and to the minor unit."""

"""What engines reach on units: measured here, or transferred from what others published."""

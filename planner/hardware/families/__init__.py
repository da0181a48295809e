"""Parts and their video units beside what chips of their family have."""

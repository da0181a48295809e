"""What a scenario may say of streams of conversations and of how devices serve them."""

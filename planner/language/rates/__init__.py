"""How long engines take for a prompt and for a step: a roofline with fitted shares and times a layer."""

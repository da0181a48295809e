"""How long engines take for a prompt and for a step: a roofline with fitted shares and times a layer.

In: sizes and bytes of a model, a unit's ceilings, parameters of `hardware_db/language/rates.yaml`, anchors.
Out: seconds of a pass as a band.
"""

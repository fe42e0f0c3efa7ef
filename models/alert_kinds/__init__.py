"""Kinds of alert, one file each: what of tonight's numbers needs a person's eye."""

"""Files of the input folder: finding them, fingerprinting them, opening each format. Nothing here knows what the columns mean."""

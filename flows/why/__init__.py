"""Why a row of a run is as it is: recomputed from what the run recorded, told in words, with what would change the answer."""

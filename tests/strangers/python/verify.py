"""Confirms signatures with openvc-core. One line of JSON for each file named."""

import json
import sys

from openvc.proof.di_jcs import EddsaJcsProofSuite

for file in sys.argv[1:]:
    accepted, why = False, None
    try:
        with open(file, encoding="utf-8") as text:
            EddsaJcsProofSuite().verify(json.load(text))
        accepted = True
    except Exception as error:  # Whatever it is: the library did not accept the file.
        why = f"{type(error).__name__}: {error}"
    print(json.dumps({"file": file, "accepted": accepted, "why": why}))

"""The fixed bank of queries against which every branch's scores are normalised.

A cosine of 0.3 is much in one space and nothing in another. How much it is for this library is
read off what these everyday requests score in it.
"""

PROBES: tuple[str, ...] = (
    "calm music for a quiet landscape",
    "energetic music for sports",
    "happy music for a family holiday",
    "sad music for a farewell",
    "romantic music for a wedding",
    "dark suspense in an empty house",
    "epic music for a battle",
    "funny music for a clumsy cat",
    "a city at night, cars and lights",
    "children playing in a garden",
    "a slow walk through the forest",
    "futuristic technology presentation",
    "old photographs and memories",
    "waves on a beach at sunset",
    "a chase through narrow streets",
    "cooking in a small kitchen",
    "a snowy mountain from above",
    "an interview in an office",
    "a party with friends dancing",
    "a mother and her sleeping baby",
    "victory ceremony with applause",
    "a lonely road in the rain",
    "animals on the savanna",
    "a corporate success story",
)

"""Queries of the quality benchmark, written before any of v2m's own results had been seen.

``REGISTERED`` are the queries the method was developed against: figures on them are optimistic.
``FRESH`` were written afterwards, without looking at any ranking, and decide. ``ABSENT`` asks for
music that the library of 28 tracks does not hold. ``SECOND`` was written when the anchors of the
moods (v2m/encoders/anchors.py) were finished, because those came after FRESH had been scored.
``THIRD`` was written before the attribute space was weighed anew, which was developed on
game music and on ``REGISTERED`` alone: nothing was chosen by it.
"""

REGISTERED_MOOD: dict[str, tuple[str, ...]] = {
    "calm": (
        "calm",
        "a peaceful, slow piece for a quiet morning by the lake",
        "relaxing background music for meditation and sleep",
        "gentle, soothing and unhurried, nothing dramatic happens",
    ),
    "energetic": (
        "energetic",
        "fast driving music for a workout or a sports highlight reel",
        "high energy, powerful beat that gets your adrenaline pumping",
        "intense action music for a mountain bike race",
    ),
    "happy": (
        "happy",
        "cheerful upbeat music for a children's birthday party",
        "a bright, joyful tune that makes you smile on a sunny day",
        "feel-good fun music for a family holiday video",
    ),
    "nostalgic": (
        "nostalgic",
        "wistful music for looking through old photographs",
        "bittersweet memories of childhood summers long gone",
        "a melancholic, sentimental piece about the past",
    ),
    "tender": (
        "tender",
        "soft romantic music for a wedding video",
        "a loving, delicate piece for a mother holding her newborn baby",
        "warm and affectionate, intimate music for two people in love",
    ),
}

FRESH_MOOD: dict[str, tuple[str, ...]] = {
    "calm": (
        "music for a slow pan over a misty valley at dawn",
        "something restful to play while people do yoga",
        "an unhurried bed for a documentary about snow falling on a garden",
        "let the viewer breathe out, serene and still",
    ),
    "energetic": (
        "skateboarders doing tricks in a fast montage",
        "pumped up music for the last minutes of a football match",
        "a car advert at full speed through the city at night",
        "get everybody moving, hard hitting and relentless",
    ),
    "happy": (
        "a sunny opener for a video about puppies at the beach",
        "lighthearted music for friends cooking together and laughing",
        "the children run into the playground on the first day of summer",
        "optimistic and cheerful, everything turns out well",
    ),
    "nostalgic": (
        "grandfather remembers the village he grew up in",
        "super 8 home movies from decades ago",
        "leaving the old house for the last time",
        "yearning for the days that will not come back",
    ),
    "tender": (
        "she takes his hand and they walk home together",
        "a quiet kiss at the end of the wedding day",
        "parents watch their sleeping child",
        "fragile and loving, whispered rather than spoken",
    ),
}

SECOND_MOOD: dict[str, tuple[str, ...]] = {
    "calm": (
        "fog lifts from the rice terraces before anyone is awake",
        "a heron stands motionless in the reeds",
        "background for a guided breathing exercise",
        "drifting along the canal in a houseboat, no hurry at all",
        "slow shots of an empty temple garden",
        "quiet underscore for a documentary about bees",
    ),
    "energetic": (
        "a snowboard film with backflips",
        "sprinters explode out of the starting blocks",
        "trailer for a racing game, aggressive and loud",
        "drummers and breakdancers battle on the square",
        "hectic montage of a kitchen during the dinner rush",
        "fight scene on the roof of a moving train",
    ),
    "happy": (
        "the class goes on an outing to the zoo",
        "a jolly tune for a craft tutorial with felt and glue",
        "grandma dances with the little ones at her eightieth birthday",
        "teenagers race shopping trolleys and giggle",
        "good news, the puppy has found a home",
        "carefree summer advert for lemonade",
    ),
    "nostalgic": (
        "the tram line that was closed in the sixties",
        "my parents' wedding, digitised from an old tape",
        "walking through the empty school before it is torn down",
        "letters from the front that were never answered",
        "looking back at a long life in the lighthouse",
        "the last roll of film from our trip together",
    ),
    "tender": (
        "a father braids his daughter's hair",
        "they dance barefoot in the kitchen, very close",
        "the nurse holds the dying man's hand",
        "first date under the cherry blossoms",
        "a kitten falls asleep on a lap",
        "he reads her the love letter he wrote",
    ),
}

THIRD_MOOD: dict[str, tuple[str, ...]] = {
    "calm": (
        "a lake without a ripple, filmed from the shore",
        "soft bed under a sleep story",
        "tea on the balcony before sunrise, nobody speaks",
        "slow motion clouds over the Alps for the website of a spa",
        "undemanding background while a potter talks about his work",
        "evening at a mountain hut, the day is over",
    ),
    "energetic": (
        "downhill bikers in a sixty second teaser",
        "countdown to kick-off, the stadium shakes",
        "crossfit class at full throttle",
        "quick cuts of a city marathon",
        "hype video for a product launch",
        "the robbers floor it and the police give chase",
    ),
    "happy": (
        "a toddler takes her first steps and everyone cheers",
        "bouncy tune for a recipe with pancakes",
        "school is out, ice cream for all",
        "cheery jingle for a toy shop",
        "friends on a road trip sing along with the radio",
        "spring fair with a merry-go-round and balloons",
    ),
    "nostalgic": (
        "black and white pictures of my grandmother as a girl",
        "the old cinema shows its last film",
        "a box of postcards found in the attic",
        "we were young then, and the summers were endless",
        "a veteran visits his home town after fifty years",
        "childhood bedroom, the toys still on the shelf",
    ),
    "tender": (
        "a newborn in her mother's arms for the first time",
        "a love song without words",
        "he strokes the old dog's head",
        "wedding vows, a tear, a smile",
        "a hug at the airport after a year apart",
        "lullaby for twins",
    ),
}

THIRD_SOUND: dict[str, tuple[str, ...]] = {
    "acoustic": (
        "wooden flute, hand drum and guitar around a fire",
        "a string quartet with a grand piano",
        "played by people, not by machines",
    ),
    "electronic": (
        "pulsing bass and filtered synth arpeggios",
        "eighties drum machine and neon pads",
        "soundscape made with modular synthesizers",
    ),
}

REGISTERED_SOUND: dict[str, tuple[str, ...]] = {
    "acoustic": (
        "acoustic",
        "acoustic guitar and piano, natural instruments",
        "unplugged folk music played on wooden instruments",
        "organic sound, no electronics",
    ),
    "electronic": (
        "electronic",
        "electronic music with synthesizers and drum machine",
        "synth pads and programmed beats",
        "modern electronic dance production",
    ),
}

FRESH_SOUND: dict[str, tuple[str, ...]] = {
    "acoustic": (
        "a small group playing real guitars and strings in a living room",
        "fingerpicked guitar",
        "singer-songwriter style with upright piano",
    ),
    "electronic": (
        "analogue synthesizers and sequencers",
        "club track with a drum computer",
        "made entirely on a laptop, glossy synth sounds",
    ),
}

ABSENT: tuple[str, ...] = (
    "Mongolian throat singing",
    "church organ fugue",
    "death metal growls",
    "solo bagpipes marching band",
    "a cappella gospel choir clapping hands",
    "Brazilian samba carnival percussion",
    "old-school hip hop with rapping",
    "operatic soprano aria with orchestra",
    "New Orleans jazz brass band",
    "yodeling Alpine folk song",
    "Indian sitar raga with tabla",
    "country song with banjo and twangy male vocals",
    "reggae with offbeat guitar",
    "flamenco guitar with palmas and cante",
    "Chinese guzheng solo",
    "polka with accordion and tuba",
    "barbershop quartet singing",
    "beatboxing and vocal percussion",
    "harpsichord baroque suite",
    "punk rock with shouted vocals",
    "monks chanting in a stone monastery",
    "a string quartet tearing through an atonal scherzo",
    "ragtime on an out-of-tune saloon piano",
    "steel drums on a Caribbean island",
    "a murderer creeps through the cellar, screeching strings",
    "orcs storm the castle gates, choir and war drums",
)

"""What scenes of a mood look like, in words: they lead from a picture's words to a mood's music.

A mood's own words ("calm peaceful relaxing") are far from what a video shows ("a lake in the
morning"). Every mood of the vocabulary therefore has a few everyday scenes, each standing for the
same attributes. They list what people film and avoid the subjects of the test queries,
which were known when they were written.
"""

from collections.abc import Mapping

ANCHORS: Mapping[str, tuple[str, ...]] = {
    "calm peaceful relaxing soothing meditation sleep": (
        "sunset over a calm sea",
        "clouds drifting slowly across the sky",
        "a massage in a wellness hotel",
        "slow fish in an aquarium",
        "reading by the window while it rains",
        "candles burning in a quiet room",
    ),
    "a quiet walk in nature, forest, lake, morning": (
        "a river between trees, birds in the branches",
        "hiking through green hills",
        "deer grazing in a meadow",
        "flowers opening in the garden",
        "a rowing boat on a still lake",
    ),
    "energetic powerful driving high energy workout": (
        "training in the gym, running and boxing",
        "the crowd jumps at a rock concert",
        "dancers in fast cuts",
        "surfers riding huge waves",
        "a basketball player dunks",
    ),
    "action, sports, race, chase, adrenaline": (
        "motorcycles racing around the track",
        "a police chase with sirens",
        "skiing down a steep slope at top speed",
        "explosions and helicopters",
        "a rally car jumps over a hill",
        "parachutists leap out of an aeroplane",
    ),
    "happy cheerful joyful bright fun feel-good": (
        "kids laughing and splashing in the pool",
        "smiling people wave into the camera",
        "a picnic in the park with colourful balloons",
        "a bright morning at the market",
        "a dog chasing a stick in the garden",
        "riding bicycles through the village in spring",
    ),
    "party, birthday, celebration, holiday": (
        "fireworks on New Year's Eve",
        "guests raise their glasses and dance",
        "carnival with costumes and confetti",
        "palm trees, cocktails and a pool bar",
        "opening presents under the Christmas tree",
    ),
    "sad sorrowful mournful grief funeral lament": (
        "a burial in the rain",
        "a woman crying alone in her room",
        "the soldier does not come home",
        "a bombed city in ruins",
        "an empty hospital bed",
    ),
    "nostalgic wistful bittersweet memories of the past, melancholic": (
        "black and white pictures of school days",
        "an old woman leafing through letters",
        "faded film with scratches",
        "autumn leaves in the streets of a small town",
        "classmates meet again after forty years",
        "a dusty attic with toys",
    ),
    "tender romantic love, affectionate, intimate, wedding": (
        "a couple embracing at dusk",
        "bride and groom exchange their rings",
        "dinner by candlelight for two",
        "an old couple on a bench",
        "a gentle caress",
    ),
    "mother and baby, lullaby": (
        "tiny fingers hold on to a thumb",
        "a cradle beside the bed",
        "putting the little one to bed",
    ),
    "epic battle, war, fight, combat, army": (
        "knights charge across the field",
        "ships fire their cannons",
        "giant robots fight in the streets",
        "legions march to war",
    ),
    "triumphant victory, heroic fanfare, glory": (
        "the champion lifts the cup",
        "medals and flags on the podium",
        "the king is crowned",
        "a rocket lifts off and everybody applauds",
    ),
    "dark ominous eerie haunted spooky horror": (
        "a foggy graveyard at night",
        "flickering light in an empty cellar",
        "ghosts in an abandoned house",
        "a monster in the shadows",
    ),
    "suspense, tense, mysterious": (
        "a detective examines the scene of a crime",
        "somebody watches from behind the curtain",
        "a ticking clock, a countdown",
        "a door opens slowly",
        "spies exchange a briefcase",
    ),
    "dreamy floating ambient space": (
        "stars and galaxies",
        "jellyfish floating under water",
        "northern lights over the snow",
        "dust in a sunbeam in slow motion",
    ),
    "electronic, techno, synthesizer, drum machine, programmed beats": (
        "a nightclub with lasers",
        "a DJ at the decks",
        "models on the runway of a fashion show",
    ),
    "futuristic cyberpunk science fiction technology": (
        "robots assemble cars in a factory",
        "computer screens, data and circuit boards",
        "a neon skyline with flying cars",
        "inside a spaceship",
        "the launch of a new smartphone",
    ),
    "acoustic, unplugged, natural instruments, folk": (
        "a campfire with singing and guitar",
        "a farm with a wooden barn",
        "a potter at the wheel",
        "a road trip along country lanes",
    ),
    "orchestral classical film score": (
        "ballet dancers on stage",
        "a palace with servants in historical costume",
        "paintings in a museum",
    ),
    "playful comic funny quirky": (
        "a clumsy kitten falls off the sofa",
        "cartoon animals",
        "slapstick with a ladder and a bucket of paint",
        "monkeys steal a banana",
    ),
    "majestic adventure journey": (
        "an eagle glides over snowy mountains",
        "a sailing ship leaves the harbour",
        "a canyon seen from a drone",
        "a caravan crosses the desert",
    ),
    "confident corporate inspiring presentation": (
        "a meeting in a modern office",
        "people shake hands, charts go up",
        "scientists at work in a laboratory",
        "an interview with the founder of a firm",
        "builders on the scaffolding of a tower",
    ),
    "cool relaxed urban groove, lounge": (
        "city streets at night, traffic lights and taxis",
        "a barista makes coffee",
        "a train ride through the suburbs",
        "shopping in a department store",
    ),
}
"""By the words of the mood."""

"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Catalog = Annotated[
    Path | None, typer.Option("--catalog", help="Folder of the catalogue.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Log details; show tracebacks.")]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="Named set of models.", show_default=False)
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="ROLE=MODEL for profile full: a card's name, a folder or a hub id, e.g. "
        "--model composer=audiocraft:facebook/musicgen-small; repeatable. Roles: picture-text, "
        "music-text, describer, prompt-writer, composer.",
        show_default=False,
    ),
]
By = Annotated[
    str,
    typer.Option("--by", help="Branches of matching: description, title, audio, words."),
]
Like = Annotated[
    list[str] | None,
    typer.Option("--like", help="Id of a track to resemble; repeatable.", show_default=False),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option("--unlike", help="Id of a track to keep away from.", show_default=False),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        help="Order by a column, e.g. tempo_bpm; -tempo_bpm from high to low.",
        show_default=False,
    ),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        help="SQL condition on track columns, e.g. \"tempo_bpm < 90 AND mode = 'minor'\".",
        show_default=False,
    ),
]
Style = Annotated[
    str | None,
    typer.Option("--style", help="Prompt style: simple, brief, long, drama.", show_default=False),
]
Usage = Annotated[
    str | None,
    typer.Option(
        "--usage",
        help="personal (never published), noncommercial (published, earns nothing) or commercial: "
        "leaves out music that may not be used so.",
        show_default=False,
    ),
]
AllowUnknown = Annotated[
    bool | None,
    typer.Option(
        "--allow-unknown",
        help="Use music whose licence is not known, on your word that you hold one.",
        show_default=False,
    ),
]
Sign = Annotated[
    bool | None,
    typer.Option(
        "--sign",
        help="Sign what is written with C2PA content credentials (sign_certificate, sign_key).",
        show_default=False,
    ),
]
Notes = Annotated[
    list[str] | None,
    typer.Option(
        "--note",
        help='Your own words for a scene, e.g. --note "2=dark suspense, solo cello"; repeatable.',
        show_default=False,
    ),
]
MinProbability = Annotated[
    float | None,
    typer.Option(
        "--min-probability",
        help="A best match less likely to fit than this is a miss.",
        show_default=False,
    ),
]
Generate = Annotated[
    str | None,
    typer.Option("--generate", help="Compose: on-miss, never or always.", show_default=False),
]
OriginalAudio = Annotated[
    str | None,
    typer.Option(
        "--original-audio",
        help="The video's own sound: mix (kept under the music), replace, or auto.",
        show_default=False,
    ),
]
Duck = Annotated[
    float | None,
    typer.Option(
        "--duck",
        help="Decibels the music goes down while somebody speaks; 0 leaves it as it is.",
        show_default=False,
    ),
]
Lufs = Annotated[
    float | None,
    typer.Option("--lufs", help="Loudness of the finished sound.", show_default=False),
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="Seed of composed music.", show_default=False)
]
SharedTheme = Annotated[
    bool | None,
    typer.Option(
        "--shared-theme",
        help="Composed cues of a video follow one melody, where the composer can.",
        show_default=False,
    ),
]
FallbackComposer = Annotated[
    str | None,
    typer.Option(
        "--fallback-composer",
        help="Compose with this where the composer fails: arranger. Without it the run ends.",
        show_default=False,
    ),
]
MostTracks = Annotated[
    int | None,
    typer.Option("--tracks", min=1, help="At most this many different tracks.", show_default=False),
]
OneTrack = Annotated[bool, typer.Option("--one-track", help="One track for the whole video.")]
Hit = Annotated[
    float | None,
    typer.Option(
        "--hit", min=0, help="Second at which the music's climax should fall.", show_default=False
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option("--picture", help="Draw the plan (.png, .svg).", show_default=False),
]
Host = Annotated[
    str, typer.Option("--host", help="Address to answer on; 0.0.0.0 for other machines.")
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")]
Draws = Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn by lot.")]
Form = Annotated[str, typer.Option("--format", help="text, markdown, csv or latex.")]
SetName = Annotated[str, typer.Option("--set", help="Data set, see 'v2m eval datasets'.")]
Copy = Annotated[
    Path | None,
    typer.Option("--copy", help="Your copy of the data set.", show_default=False),
]
Others = Annotated[
    list[Path] | None,
    typer.Option(
        "--test",
        help="Another catalogue to judge a calibration on; repeatable.",
        show_default=False,
    ),
]
EmotionModel = Annotated[
    Path | None,
    typer.Option(
        "--emotion-model",
        help="Folder of a wav2vec 2.0 emotion classifier (SpeechBrain's IEMOCAP, transformers).",
        show_default=False,
    ),
]

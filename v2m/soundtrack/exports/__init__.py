"""Renderings of a cue plan for other programs: edit lists, time lines, stems, cue sheets."""

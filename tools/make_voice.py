"""
Makes the clips the big screen joins where a browser has no Mandarin voice of its own: `make voice`, with espeak-ng and oggenc.

They come with the program, so nobody needs to run this; a hall that wants a human voice records its own (docs/operating.md).
"""

import array
import subprocess
import tempfile
import wave
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "yimen" / "web" / "static" / "yimen" / "voice"
# In pinyin: from characters espeak-ng 1.51 reads the pinyin of them like English.
WORDS = {"please": "qing3", "number": "hao4", "to": "dao4", "ten": "shi2", "window": "hao4 chuang1 kou3"}
WORDS |= {
    f"digit-{digit}": word
    for digit, word in enumerate(["ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"])
}
LETTERS = {f"letter-{letter.lower()}": letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
# Slower than its usual 175 words a minute: halls echo, and many who wait are old.
SPEED, QUIET = "140", 300


def main() -> None:
    """Speak every word into a file of its own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, words in (WORDS | LETTERS).items():
        voice = "cmn" if name in LETTERS else "cmn-latn-pinyin"
        with tempfile.TemporaryDirectory() as folder:
            spoken, trimmed = Path(folder) / "spoken.wav", Path(folder) / "trimmed.wav"
            subprocess.run(["espeak-ng", "-v", voice, "-s", SPEED, "-a", "160", "-w", spoken, words], check=True)
            _trim(spoken, trimmed)
            clip = FOLDER / f"{name}.ogg"
            # Without a random serial number, so that the same words are the same file.
            subprocess.run(["oggenc", "--quiet", "-q", "2", "-s", "1", "-o", clip, trimmed], check=True)


def _trim(spoken: Path, trimmed: Path) -> None:
    """Leave out the silence at both ends, or joined clips would stammer."""
    with wave.open(str(spoken)) as held:
        settings, sound = held.getparams(), array.array("h", held.readframes(held.getnframes()))
    loud = [place for place, value in enumerate(sound) if abs(value) > QUIET]
    with wave.open(str(trimmed), "wb") as kept:
        kept.setparams(settings)
        kept.writeframes(sound[loud[0] : loud[-1] + settings.framerate // 50].tobytes())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Renders docs/demo.svg, the picture at the top of the README, from what `cargo run -- demo` really prints.

    python3 docs/demo.py            # run the demo and write docs/demo.svg
    python3 docs/demo.py --check    # fail if the committed picture is not what the demo prints now

It runs the demo in a pseudo-terminal of a fixed width, so that colours and columns are those a person sees, takes
the last act, and draws each character where the terminal put it. It needs Python and nothing else. It is no terminal
emulator: it knows the colours that curfew uses, and stops at an escape sequence that it does not know.
"""

import argparse
import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "demo.svg"
COMMAND = ["cargo", "run", "--quiet", "--", "demo"]

# Wide enough that no name is broken into two lines, as narrow as that allows: the picture is shown at a page's width.
COLUMNS = 172
# The picture shows the output from the line that begins like this, up to the one that begins like that.
FIRST_LINE, END_LINE = "3. ", "Next:"

# Pixels. The advance of a monospaced character is 0.6 of its size in the fonts below.
SIZE, ADVANCE, LINE_HEIGHT, MARGIN, TITLE_BAR = 14, 8.4, 19, 20, 34
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
BACKGROUND, FOREGROUND, DIM = "#0d1117", "#d1d7e0", "#7d8590"

# Foreground colours by their number, 0 to 15, in a palette that can be read on the background.
PALETTE = [
    "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
    "#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff",
]  # fmt: skip


def run_demo():
    """What the demo prints to a terminal. The progress line goes to the other stream and is left out."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    # A session of its own: it must not ask the caller's terminal for its width.
    demo = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says when the other end is closed
                raise
            break
        if not part:
            break
        output += part
    os.close(ours)
    if demo.wait() != 0:
        sys.exit(f"`{' '.join(COMMAND)}` failed with exit code {demo.returncode}")
    return output.decode().replace("\r\n", "\n")


def styled(text):
    """The lines of a terminal's output, each a list of (column, characters, colour, bold)."""
    lines, colour, bold = [], FOREGROUND, False
    for line in text.split("\n"):
        column, runs = 0, []
        for escape_sequence, plain in re.findall(r"(\x1b[^A-Za-z]*[A-Za-z])|([^\x1b]+)", line):
            if plain:
                runs.append((column, plain, colour, bold))
                column += len(plain)
                continue
            if not (match := re.fullmatch(r"\x1b\[([0-9;]*)m", escape_sequence)):
                sys.exit(f"an escape sequence that this script does not know: {escape_sequence!r}")
            codes = [int(code or 0) for code in match[1].split(";")]
            while codes:
                code = codes.pop(0)
                if code == 0:
                    colour, bold = FOREGROUND, False
                elif code in (1, 22):
                    bold = code == 1
                elif code == 2:
                    colour = DIM
                elif 30 <= code <= 37 or 90 <= code <= 97:
                    colour = PALETTE[code - 30 if code < 40 else code - 82]
                elif code == 38 and codes[:1] == [5] and codes[1] < 16:
                    colour, codes = PALETTE[codes[1]], codes[2:]
                elif code == 39:
                    colour = FOREGROUND
                else:
                    sys.exit(f"a style that this script does not know: {escape_sequence!r}")
        lines.append(runs)
    return lines


def plain(runs):
    """A line without its colours."""
    return "".join(characters for _, characters, _, _ in runs)


def last_act(lines):
    """The part of the output that is shown."""
    starts = [index for index, runs in enumerate(lines) if plain(runs).startswith(FIRST_LINE)]
    ends = [index for index, runs in enumerate(lines) if plain(runs).startswith(END_LINE)]
    if not starts or not ends:
        sys.exit(f"the demo prints no line that begins with {FIRST_LINE!r}, or none with {END_LINE!r}")
    shown = lines[starts[0] : ends[0]]
    while shown and not plain(shown[-1]).strip():
        shown.pop()
    return wrapped(shown)


def wrapped(lines):
    """The lines as a terminal of that width breaks them."""
    broken = []
    for runs in lines:
        row = []
        for column, characters, colour, bold in runs:
            for offset, character in enumerate(characters):
                at = column + offset
                if at and at % COLUMNS == 0:
                    broken.append(row)
                    row = []
                row.append((at % COLUMNS, character, colour, bold))
        broken.append(row)
    return broken


def words(row):
    """The words of a row, each with its column: blanks are not drawn. Of one style and without a gap is one word."""
    found = []
    for column, characters, colour, bold in row:
        for offset, character in enumerate(characters):
            if character == " ":
                continue
            at = column + offset
            last = found[-1] if found else None
            if last and last[0] + len(last[1]) == at and last[2:] == [colour, bold]:
                last[1] += character
            else:
                found.append([at, character, colour, bold])
    return found


def picture(lines):
    """The SVG: every word at its own place, so that no viewer's font can move a column."""
    width = round(COLUMNS * ADVANCE + 2 * MARGIN)
    height = TITLE_BAR + len(lines) * LINE_HEIGHT + MARGIN
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        "<title>The last act of curfew demo: each cancel, its answer, and the state that was verified</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
    ]
    for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        svg.append(f'<circle cx="{MARGIN + 4 + index * 20}" cy="17" r="6" fill="{colour}"/>')
    svg.append(f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{FOREGROUND}">')
    title = "cargo run -- demo"
    svg.append(f'<text x="{width // 2}" y="22" fill="{DIM}" text-anchor="middle">{title}</text>')
    for index, row in enumerate(lines):
        y = TITLE_BAR + index * LINE_HEIGHT + SIZE
        for column, text, colour, bold in words(row):
            x = MARGIN + column * ADVANCE
            style = "" if colour == FOREGROUND else f' fill="{colour}"'
            style += ' font-weight="bold"' if bold else ""
            length = f"{len(text) * ADVANCE:.1f}"
            svg.append(f'<text x="{x:.1f}" y="{y}" textLength="{length}"{style}>{escape(text)}</text>')
    svg += ["</g>", "</svg>", ""]
    return "\n".join(svg)


def main():
    parser = argparse.ArgumentParser(description="Renders docs/demo.svg from the demo's real output.")
    parser.add_argument("--check", action="store_true", help="compare with the committed picture, write nothing")
    arguments = parser.parse_args()
    rendered = picture(last_act(styled(run_demo())))
    if not arguments.check:
        PICTURE.write_text(rendered, encoding="utf-8")
    elif not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != rendered:
        sys.exit("docs/demo.svg is not what the demo prints now: run `python3 docs/demo.py`")


if __name__ == "__main__":
    main()

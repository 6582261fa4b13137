"""Letters of five rows of squares, drawn with half blocks. Pure."""

from __future__ import annotations

HEIGHT = 5
"""Squares from top to bottom."""
WIDTH = 4
"""Squares from one letter to the next."""
_ROWS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71122",
    "8": "75757", "9": "75717", "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25573", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552",
    "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", "-": "00700", "_": "00007", ":": "02020", ".": "00002",
    "/": "11244", "#": "57575", "+": "02720", " ": "00000",
}  # fmt: skip
"""Each letter from top to bottom: of each row the three squares as the bits of a digit."""
_UNKNOWN = "77777"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def cells(text: str, scale: int = 1) -> int:
    """How many cells wide a text is."""
    return max(0, len(text) * WIDTH - 1) * scale


def rows(scale: int = 1) -> int:
    """How many lines a text takes."""
    return (HEIGHT * scale + 1) // 2


def drawn(text: str, scale: int = 1) -> list[str]:
    """The lines of a text."""
    squares = [_row(text, row, scale) for row in range(HEIGHT) for _ in range(scale)]
    if len(squares) % 2:
        squares.append([False] * len(squares[0]))
    return [
        "".join(_HALVES[upper, lower] for upper, lower in zip(squares[n], squares[n + 1], strict=True))
        for n in range(0, len(squares), 2)
    ]


def _row(text: str, row: int, scale: int) -> list[bool]:
    found: list[bool] = []
    for letter in text.upper():
        bits = int(_ROWS.get(letter, _UNKNOWN)[row])
        for bit in (4, 2, 1, 0):
            found += [bool(bits & bit)] * scale
    return found[: len(found) - scale] if found else [False]

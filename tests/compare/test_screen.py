import pytest

from nbcheck.compare.screen import show_on_screen


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("10%\r50%\r100%\n", "100%\n"),
        ("abc\rX\n", "Xbc\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("abc\b\bX", "aXc"),
        ("\b\bX", "X"),
        ("abc\r\x1b[KX", "X"),
        ("abc\r\x1b[2KX\n", "X\n"),
        ("abc\b\x1b[1KX", "  X"),
        ("one\ntwo\x1b[A\rONE\n", "ONE\ntwo"),
        ("a\n\x1b[9Ab", "b\n"),
        ("x\ry\x1b", "y"),
        ("\x1b[31mab\x1b[0m\rX", "\x1b[0mXb"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("plain\n", "plain\n"),
    ],
)
def test_screen(printed: str, shown: str) -> None:
    assert show_on_screen(printed) == shown
    assert show_on_screen(shown) == shown

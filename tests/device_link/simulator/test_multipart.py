from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_link.simulator.messages import Body, BodyTooLargeError
from device_link.simulator.multipart import FormError, MemorySink, Part, boundary_of, read_form


def body_of(data: bytes, cut: int) -> Body:
    pieces = iter([data[at : at + cut] for at in range(0, len(data), cut)])

    async def more() -> bytes:
        return next(pieces, b"")

    return Body(more)


async def parts_of(data: bytes, boundary: bytes, cut: int = 7) -> list[Part]:
    return await read_form(body_of(data, cut), boundary, lambda *_: MemorySink(1000))


@given(
    st.lists(
        st.tuples(st.sampled_from(["file", "silent"]), st.binary(max_size=60) | st.just(b"\r\n--x\r\n")),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 90),
)
async def test_what_httpx_sends_is_read_back_in_pieces_of_any_size(
    fields: list[tuple[str, bytes]], cut: int
) -> None:
    sent = httpx.Request("POST", "http://x/", files=[(name, ("a.rom", data)) for name, data in fields])
    boundary = boundary_of(sent.headers["content-type"])
    assert boundary is not None
    parts = await parts_of(sent.read(), boundary, cut)
    assert [(one.name, one.file_name) for one in parts] == [(name, "a.rom") for name, _ in fields]
    assert [one.sink.value() for one in parts if isinstance(one.sink, MemorySink)] == [
        data for _, data in fields
    ]


@given(st.binary(max_size=300))
async def test_junk_never_does_worse_than_a_form_error(junk: bytes) -> None:
    for data in (
        junk,
        b"--b\r\n" + junk,
        b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + junk + b"\r\n--b--",
    ):
        try:
            parts = await parts_of(data, b"b")
        except (FormError, BodyTooLargeError):
            continue
        assert all(isinstance(part.sink, MemorySink) for part in parts)


async def test_limits_hold() -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n'
    with pytest.raises(BodyTooLargeError):
        await parts_of(head + b"x" * 1001 + b"\r\n--b--", b"b", 100)
    with pytest.raises(FormError):
        await parts_of(b"--b\r\n" + b"x" * 20_000, b"b", 100)
    with pytest.raises(FormError):
        await parts_of((head + b"\r\n") * 40 + b"--b--", b"b", 100)


def test_a_boundary_is_found_only_in_a_form() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("application/json; boundary=x") is None
    assert boundary_of("multipart/form-data") is None

"""What of an ELF file the tests look at: sections and symbols of a 32-bit little-endian program."""

import dataclasses
import pathlib
import struct

_SECTION_HEADERS_AT = 0x20
_SYMBOL_TABLE, _NO_BITS = 2, 8
_ALLOCATED, _WRITABLE = 2, 1


@dataclasses.dataclass(frozen=True)
class Image:
    """Bytes of each writable section in memory, by name, and of each symbol."""

    writable: dict[str, int]
    symbols: dict[str, int]


def read(path: pathlib.Path) -> Image:
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x01\x01", f"{path} is no 32-bit little-endian ELF file"
    (table,) = struct.unpack_from("<I", data, _SECTION_HEADERS_AT)
    size, count, names_index = struct.unpack_from("<HHH", data, 0x2E)
    headers = [struct.unpack_from("<10I", data, table + i * size) for i in range(count)]

    def text(section: int, offset: int) -> str:
        start = headers[section][4] + offset
        return data[start : data.index(b"\0", start)].decode()

    symbols = {}
    for kind, offset, length, link in ((header[1], *header[4:7]) for header in headers):
        for at in range(offset, offset + length, 16) if kind == _SYMBOL_TABLE else ():
            name, _, bytes_ = struct.unpack_from("<III", data, at)
            symbols[text(link, name)] = bytes_
    writable = {
        text(names_index, header[0]): header[5]
        for header in headers
        if header[2] & _ALLOCATED and header[2] & _WRITABLE
    }
    return Image(writable, symbols)

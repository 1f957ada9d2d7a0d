"""A proxy between clients and server that cuts connections: a request never arrives, or only after its client has asked again; or an answer
does not, though all was done."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random

SOCKET = ".s.PGSQL.5432"
CUTS = "cuts"
"""The file that has a byte for each connection cut."""
CHUNK = 65_536
LATE_SECONDS_MAX = 0.1


def serve(folder: Path, server: Path, seed: str) -> None:
    """Listen on a socket in this folder, for the server whose socket is in that one, until the process is killed."""
    asyncio.run(_serve(folder, server, Random(seed)))


async def _serve(folder: Path, server: Path, random: Random) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            up_reader, up_writer = await asyncio.open_unix_connection(server / SOCKET)
            requests, answers = random.sample((random.randint(10, 300), 10**9), 2)
            late = random.choice((None, random.uniform(0.001, LATE_SECONDS_MAX)))
            pumps = [
                asyncio.ensure_future(pump) for pump in (_pump(reader, up_writer, requests, folder), _pump(up_reader, writer, answers, folder))
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            writer.close()
            if late is not None and pumps[0].done() and pumps[0].result():
                await asyncio.sleep(late)
                up_writer.write(pumps[0].result())
                await up_writer.drain()
                await asyncio.sleep(LATE_SECONDS_MAX)
            for pump in pumps:
                pump.cancel()
            up_writer.close()
        writer.close()

    async with await asyncio.start_unix_server(connected, folder / SOCKET) as listening:
        await listening.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: int, folder: Path) -> bytes:
    """Pass on so many pieces; the next one is held back and given, and that is the end of the connection."""
    with suppress(OSError):
        while piece := await reader.read(CHUNK):
            if not pieces:
                with (folder / CUTS).open("ab") as cuts:
                    cuts.write(b".")
                return piece
            pieces -= 1
            writer.write(piece)
            await writer.drain()
    return b""

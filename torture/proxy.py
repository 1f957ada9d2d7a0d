"""A proxy between clients and server that cuts connections.

A request never arrives, or only after its client has asked again; or an answer does not, though all was done.
"""

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
            pumps = (_pump(reader, up_writer, requests, folder), _pump(up_reader, writer, answers, folder))
            running = [asyncio.ensure_future(pump) for pump in pumps]
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            writer.close()
            held_back = running[0].result() if running[0].done() else b""
            if held_back and random.random() < 1 / 2:
                await asyncio.sleep(random.uniform(0, LATE_SECONDS_MAX))
                up_writer.write(held_back)
                await asyncio.sleep(LATE_SECONDS_MAX)
            for pump in running:
                pump.cancel()
            up_writer.close()
        writer.close()

    async with await asyncio.start_unix_server(connected, folder / SOCKET) as listening:
        await listening.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: int, folder: Path) -> bytes:
    """Pass on so many pieces. The next one is held back and given, and that is the end of the connection; empty: it ended by itself."""
    with suppress(OSError):
        while piece := await reader.read(CHUNK):
            pieces -= 1
            if pieces < 0:
                break
            writer.write(piece)
            await writer.drain()
        if piece:
            with (folder / CUTS).open("ab") as cuts:
                cuts.write(b".")
        return piece
    return b""

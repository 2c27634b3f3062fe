#!/usr/bin/env python3
"""Makes the demo city's tables from the wheel of `pyhailing` 0.0.9.

    pip download --no-deps pyhailing==0.0.9
    python3 make.py pyhailing-0.0.9-py3-none-any.whl

Writes `zones.bin`, `demand.bin` and `speeds.bin` beside this script and prints the figures that
README.md quotes. Standard library only. The same wheel gives the same bytes each time; README.md
describes them byte by byte. Takes about ten seconds.
"""

import csv
import hashlib
import io
import json
import math
import pathlib
import struct
import sys
import zipfile
from datetime import date, timedelta

WHEEL_SHA256 = "1b904591a65d60336267d0a3d1d63e4c62b7ff27076aa7dbe21c666f8b1443d2"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
QUARTERS = 96
VERSION = 1

# Federal holidays of 2018 as observed (5 U.S.C. 6103; Veterans Day fell on a Sunday).
HOLIDAYS_2018 = frozenset(
    date(2018, month, day)
    for month, day in (
        (1, 1),  # New Year's Day
        (1, 15),  # Birthday of Martin Luther King, Jr.
        (2, 19),  # Washington's Birthday
        (5, 28),  # Memorial Day
        (7, 4),  # Independence Day
        (9, 3),  # Labor Day
        (10, 8),  # Columbus Day
        (11, 12),  # Veterans Day, observed
        (11, 22),  # Thanksgiving Day
        (12, 25),  # Christmas Day
    )
)

# Slots (quarter-hours within a block of six hours) whose speeds are kept; between them the source
# is a straight line. See `speed_knots`.
BLOCK_QUARTERS = 24
KNOTS = (0, 4, 8, 12, 16, 20, 23)


def business_days():
    """How many business days of 2018 fell on each weekday, Monday first."""
    counts = [0] * len(WEEKDAYS)
    day = date(2018, 1, 1)
    while day.year == 2018:
        if day.weekday() < len(WEEKDAYS) and day not in HOLIDAYS_2018:
            counts[day.weekday()] += 1
        day += timedelta(days=1)
    return counts


# ---------------------------------------------------------------- encoding


def fnv1a_64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def zigzag(value):
    return value << 1 if value >= 0 else (-value << 1) - 1


def varint(value):
    """LEB128 of a non-negative integer."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class BitWriter:
    """Bits, most significant first; the last byte is filled with zeros."""

    def __init__(self):
        self._out = bytearray()
        self._bits = 0
        self._length = 0

    def write(self, value, length):
        self._bits = self._bits << length | value
        self._length += length
        while self._length >= 8:
            self._length -= 8
            self._out.append(self._bits >> self._length & 0xFF)
        self._bits &= (1 << self._length) - 1

    def bytes(self):
        tail = bytes([self._bits << (8 - self._length) & 0xFF]) if self._length else b""
        return bytes(self._out) + tail


def rice(bits, grid):
    """Writes one grid of non-negative integers, row by row.

    Each value is predicted from its left and upper neighbours; the difference is zigzagged and
    written as a Rice code whose parameter follows the running mean of the differences.
    """
    mean_x16 = 128
    for y, row in enumerate(grid):
        for x, value in enumerate(row):
            left = row[x - 1] if x else grid[y - 1][-1] if y else 0
            predicted = (left + grid[y - 1][x] + 1) // 2 if y else left
            code = zigzag(value - predicted)
            parameter = 0
            while 16 << parameter < mean_x16:
                parameter += 1
            quotient = code >> parameter
            bits.write((1 << quotient) - 1, quotient)
            bits.write(0, 1)
            bits.write(code & (1 << parameter) - 1, parameter)
            mean_x16 += code - mean_x16 // 16


def sealed(magic, body):
    """A file: magic, version, body, and the FNV-1a hash of all that stands before it."""
    content = magic + bytes([VERSION]) + body
    return content + struct.pack("<Q", fnv1a_64(content))


# ---------------------------------------------------------------- zones


def geographic(easting_km, northing_km):
    """Latitude and longitude in degrees of a point in UTM zone 18 north (WGS 84).

    Krüger's series to the third order of the third flattening: exact to well under a millimetre
    within the zone.
    """
    flattening = 1 / 298.257223563
    n = flattening / (2 - flattening)
    radius_km = 6378.137 / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    beta = (n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480)
    delta = (2 * n - 2 * n**2 / 3 - 2 * n**3, 7 * n**2 / 3 - 8 * n**3 / 5, 56 * n**3 / 15)
    xi = northing_km / (0.9996 * radius_km)
    eta = (easting_km - 500) / (0.9996 * radius_km)
    xi_1 = xi - sum(b * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, b in enumerate(beta, 1))
    eta_1 = eta - sum(b * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, b in enumerate(beta, 1))
    chi = math.asin(math.sin(xi_1) / math.cosh(eta_1))
    latitude = chi + sum(d * math.sin(2 * j * chi) for j, d in enumerate(delta, 1))
    longitude = math.radians(-75) + math.atan2(math.sinh(eta_1), math.cos(xi_1))
    return math.degrees(latitude), math.degrees(longitude)


def read_zones(text):
    """Zones by ascending id: (id, name, [(latitude, longitude) in 1e-7 degrees])."""
    zones = []
    for feature in json.loads(text)["features"]:
        rings = feature["geometry"]["coordinates"]
        if feature["geometry"]["type"] != "Polygon" or len(rings) != 1:
            sys.exit("a zone is not one ring")
        ring = [tuple(round(d * 1e7) for d in geographic(x, y)) for x, y in rings[0]]
        if ring[0] != ring[-1]:
            sys.exit("a ring is not closed")
        properties = feature["properties"]
        zones.append((int(properties["zone_id"]), properties["zone_name"], ring[:-1]))
    return sorted(zones)


def zones_file(zones):
    body = bytearray([len(zones)])
    for zone_id, name, ring in zones:
        encoded = name.encode()
        body += struct.pack("<HB", zone_id, len(encoded)) + encoded + varint(len(ring))
        latitude = longitude = 0
        for point in ring:
            body += varint(zigzag(point[0] - latitude)) + varint(zigzag(point[1] - longitude))
            latitude, longitude = point
    return sealed(b"FCZN", bytes(body))


# ---------------------------------------------------------------- demand


def read_demand(text, index):
    """Requests of the whole year: [pair][weekday][quarter], pair = pick-up × zones + drop-off."""
    grids = [[[0] * QUARTERS for _ in WEEKDAYS] for _ in range(len(index) ** 2)]
    for row in csv.DictReader(text):
        pair = index[int(row["puzone"])] * len(index) + index[int(row["dozone"])]
        grids[pair][int(row["dow"])][int(row["t_15min"])] += int(row["n_trips"])
    return grids


def demand_file(grids, zones, days):
    bits = BitWriter()
    for grid in grids:
        rice(bits, grid)
    totals = [sum(sum(grid[w]) for grid in grids) for w in range(len(WEEKDAYS))]
    header = bytes([len(zones), len(WEEKDAYS), QUARTERS]) + bytes(days) + struct.pack("<5I", *totals)
    return sealed(b"FCDM", header + bits.bytes()), totals


# ---------------------------------------------------------------- speeds


def read_speeds(text, index):
    """Mean speeds in cm/s: [pair][quarter]. The source has each cell; a missing one is refused."""
    speeds = [[None] * QUARTERS for _ in range(len(index) ** 2)]
    for row in csv.DictReader(text):
        pair = index[int(row["puzone"])] * len(index) + index[int(row["dozone"])]
        speeds[pair][int(row["min"]) // 15] = float(row["speed_mean"]) * 1e5
    if any(speed is None for row in speeds for speed in row):
        sys.exit("a speed is missing")
    return speeds


def speed_knots(speeds):
    """The knots of each pair: 4 blocks of 6 hours × 7 knots; the rest must be a straight line."""
    knots, worst = [], 0.0
    for row in speeds:
        blocks = []
        for start in range(0, QUARTERS, BLOCK_QUARTERS):
            blocks.append([round(row[start + knot]) for knot in KNOTS])
            for low, high in zip(KNOTS, KNOTS[1:]):
                for quarter in range(low, high):
                    share = (quarter - low) / (high - low)
                    line = row[start + low] * (1 - share) + row[start + high] * share
                    worst = max(worst, abs(line - row[start + quarter]))
        knots.append(blocks)
    if worst > 1:
        sys.exit(f"speeds are not straight lines between the knots: {worst} cm/s off")
    return knots, worst


def speeds_file(knots, zones):
    bits = BitWriter()
    for grid in knots:
        rice(bits, grid)
    blocks = QUARTERS // BLOCK_QUARTERS
    return sealed(b"FCSP", bytes([len(zones), blocks, len(KNOTS)]) + bits.bytes())


# ---------------------------------------------------------------- all


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wheel = pathlib.Path(sys.argv[1]).read_bytes()
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        sys.exit("this is not the wheel of pyhailing 0.0.9 that the tables are made from")
    archive = zipfile.ZipFile(io.BytesIO(wheel))

    def text(name):
        return io.TextIOWrapper(archive.open(f"pyhailing/data/{name}"), "utf-8", newline="")

    zones = read_zones(text("taxizones.geojson").read())
    index = {zone[0]: place for place, zone in enumerate(zones)}
    days = business_days()
    grids = read_demand(text("trips.csv"), index)
    demand, totals = demand_file(grids, zones, days)
    knots, worst = speed_knots(read_speeds(text("speeds.csv"), index))
    files = {"zones.bin": zones_file(zones), "demand.bin": demand, "speeds.bin": speeds_file(knots, zones)}

    print(f"zones {len(zones)}, corners {sum(len(zone[2]) for zone in zones)}")
    for weekday, name in enumerate(WEEKDAYS):
        hours = [sum(sum(g[weekday][4 * h : 4 * h + 4]) for g in grids) for h in range(24)]
        busiest = max(range(24), key=hours.__getitem__)
        print(
            f"{name:9} {totals[weekday]:>10,} requests on {days[weekday]} days: {totals[weekday] / days[weekday]:>9,.0f} a day,"
            f" busiest hour {busiest:02}:00 with {hours[busiest] / days[weekday]:>7,.0f}"
        )
    print(f"all       {sum(totals):>10,} requests on {sum(days)} days")
    print(f"non-empty cells {sum(n > 0 for g in grids for row in g for n in row):,}; largest {max(n for g in grids for row in g for n in row):,}")
    speeds = [knot for grid in knots for block in grid for knot in block]
    print(f"speeds {min(speeds)} to {max(speeds)} cm/s, at most {worst:.6f} cm/s from a straight line, sum of knots {sum(speeds):,}")
    for name, content in files.items():
        pathlib.Path(__file__).with_name(name).write_bytes(content)
        print(f"{name:10} {len(content):>9,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()

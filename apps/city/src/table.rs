//! Reading the files of `data/`, whose bytes `data/README.md` describes.
//!
//! The tables are compiled in, so a fault means that the crate was built from a damaged file. It is still an error and never
//! a panic, and each byte is covered by the file's hash.

use std::fmt;

/// Which file of `data/` a fault was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `zones.bin`: names and outlines.
    Zones,
    /// `demand.bin`: requests of the year by weekday, quarter-hour and pair of zones.
    Demand,
    /// `speeds.bin`: mean driving speeds by pair of zones and time of day.
    Speeds,
}

impl Table {
    /// The file's name.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Zones => "zones.bin",
            Self::Demand => "demand.bin",
            Self::Speeds => "speeds.bin",
        }
    }

    const fn magic(self) -> &'static [u8; 4] {
        match self {
            Self::Zones => b"FCZN",
            Self::Demand => b"FCDM",
            Self::Speeds => b"FCSP",
        }
    }
}

/// What is wrong with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFault {
    /// It ends before its content does.
    Truncated,
    /// Content is left over after the last value.
    TrailingBytes,
    /// It does not begin with its mark: another file stands in its place.
    WrongMagic,
    /// Its format's version is not the one that this crate reads.
    UnknownVersion,
    /// Its hash does not match its content.
    Corrupt,
    /// Its dimensions (zones, weekdays, quarters) are not the city's.
    WrongShape,
    /// A value is outside its range, or the total differs from the stated one.
    ValueOutOfRange,
    /// An outline has no area, or does not contain its own centroid.
    BadOutline,
}

impl TableFault {
    /// The stable code of this fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "table_truncated",
            Self::TrailingBytes => "table_trailing_bytes",
            Self::WrongMagic => "table_wrong_magic",
            Self::UnknownVersion => "table_unknown_version",
            Self::Corrupt => "table_corrupt",
            Self::WrongShape => "table_wrong_shape",
            Self::ValueOutOfRange => "table_value_out_of_range",
            Self::BadOutline => "table_bad_outline",
        }
    }
}

/// A table of the city could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableError {
    table: Table,
    fault: TableFault,
}

impl TableError {
    pub(crate) const fn new(table: Table, fault: TableFault) -> Self {
        Self { table, fault }
    }

    /// The file that is at fault.
    pub const fn table(&self) -> Table {
        self.table
    }

    /// What is wrong with it.
    pub const fn fault(&self) -> TableFault {
        self.fault
    }

    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            TableFault::Truncated => "it ends too early",
            TableFault::TrailingBytes => "bytes are left over at its end",
            TableFault::WrongMagic => "it is another kind of file",
            TableFault::UnknownVersion => "its format has another version",
            TableFault::Corrupt => "its hash does not match",
            TableFault::WrongShape => "it has other dimensions than the city",
            TableFault::ValueOutOfRange => "a value or its total is out of range",
            TableFault::BadOutline => "an outline does not contain its own centroid",
        };
        let name = self.table.file_name();
        write!(
            f,
            "failed to read the city's {name}: {what}; make it again with apps/city/data/make.py and rebuild"
        )
    }
}

impl std::error::Error for TableError {}

const VERSION: u8 = 1;
const HASH_BYTES: usize = 8;

/// A cursor over one table's body.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    table: Table,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks hash, magic and version of `file`, and stands at the start of its body.
    pub(crate) fn open(table: Table, file: &'a [u8]) -> Result<Self, TableError> {
        let fail = |fault| Err(TableError::new(table, fault));
        let Some((content, stated)) = file.split_last_chunk::<HASH_BYTES>() else {
            return fail(TableFault::Truncated);
        };
        let Some((magic, body)) = content.split_first_chunk::<4>() else {
            return fail(TableFault::Truncated);
        };
        if magic != table.magic() {
            return fail(TableFault::WrongMagic);
        }
        if fnv1a_64(content) != u64::from_le_bytes(*stated) {
            return fail(TableFault::Corrupt);
        }
        let mut reader = Self { table, rest: body };
        if reader.u8()? == VERSION {
            Ok(reader)
        } else {
            fail(TableFault::UnknownVersion)
        }
    }

    pub(crate) const fn error(&self, fault: TableFault) -> TableError {
        TableError::new(self.table, fault)
    }

    /// The next byte.
    pub(crate) fn u8(&mut self) -> Result<u8, TableError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], TableError> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(self.error(TableFault::Truncated))?;
        self.rest = rest;
        Ok(*head)
    }

    /// Text of `length` bytes.
    pub(crate) fn text(&mut self, length: u8) -> Result<&'a str, TableError> {
        let (head, rest) = self
            .rest
            .split_at_checked(usize::from(length))
            .ok_or(self.error(TableFault::Truncated))?;
        self.rest = rest;
        std::str::from_utf8(head).map_err(|_| self.error(TableFault::ValueOutOfRange))
    }

    /// An unsigned LEB128 number of at most five bytes.
    pub(crate) fn varint(&mut self) -> Result<u64, TableError> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(TableFault::ValueOutOfRange))
    }

    /// A zigzagged LEB128 number.
    pub(crate) fn signed_varint(&mut self) -> Result<i64, TableError> {
        self.varint().map(unzigzag)
    }

    /// Refuses content after the last value.
    pub(crate) fn finish(self) -> Result<(), TableError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error(TableFault::TrailingBytes))
        }
    }

    /// The rest of the body as Rice-coded grids.
    pub(crate) fn grids(self) -> Grids<'a> {
        Grids {
            table: self.table,
            rest: self.rest,
            buffer: 0,
            buffered: 0,
        }
    }
}

/// Rice-coded grids of small non-negative integers, most significant bit first.
#[derive(Debug)]
pub(crate) struct Grids<'a> {
    table: Table,
    rest: &'a [u8],
    /// The next bits, left-aligned; what is not buffered is zero.
    buffer: u64,
    buffered: u32,
}

impl Grids<'_> {
    /// Reads one grid of rows of `width` values, row by row, into `grid`.
    ///
    /// A value is predicted from its left and upper neighbours; the stream holds the zigzagged difference, whose Rice
    /// parameter follows the running mean of the differences before it in this grid.
    pub(crate) fn read(&mut self, width: usize, grid: &mut [u16]) -> Result<(), TableError> {
        let mut mean_x16: u64 = 128;
        for at in 0..grid.len() {
            let (before, from_here) = grid.split_at_mut(at);
            let left = before.last().map_or(0, |value| i64::from(*value));
            let upper = at.checked_sub(width).and_then(|above| before.get(above));
            let predicted = upper.map_or(left, |upper| (left + i64::from(*upper) + 1) / 2);
            let code = self.rice(mean_x16)?;
            let value = predicted + unzigzag(code);
            if let Some(slot) = from_here.first_mut() {
                *slot = u16::try_from(value)
                    .map_err(|_| TableError::new(self.table, TableFault::ValueOutOfRange))?;
            }
            mean_x16 = mean_x16 + code - mean_x16 / 16;
        }
        Ok(())
    }

    /// Refuses anything but the zeros that fill the last byte.
    pub(crate) fn finish(self) -> Result<(), TableError> {
        if self.rest.is_empty() && self.buffered < 8 && self.buffer == 0 {
            Ok(())
        } else {
            Err(TableError::new(self.table, TableFault::TrailingBytes))
        }
    }

    fn rice(&mut self, mean_x16: u64) -> Result<u64, TableError> {
        let mut parameter = 0;
        while 16 << parameter < mean_x16 {
            parameter += 1;
        }
        let quotient = self.unary()?;
        Ok((quotient << parameter) | self.bits(parameter)?)
    }

    /// The count of ones before the next zero. More than any 16-bit value needs is refused.
    fn unary(&mut self) -> Result<u64, TableError> {
        const ONES_MAX: u64 = 1 << 17;
        let mut ones = 0;
        loop {
            self.refill();
            if self.buffered == 0 {
                return Err(TableError::new(self.table, TableFault::Truncated));
            }
            let run = self.buffer.leading_ones().min(self.buffered);
            ones += u64::from(run);
            if ones > ONES_MAX {
                return Err(TableError::new(self.table, TableFault::ValueOutOfRange));
            }
            if run < self.buffered {
                self.drop_bits(run + 1);
                return Ok(ones);
            }
            self.drop_bits(run);
        }
    }

    /// The next `count` bits as a number; `count` is at most 18, since means are bounded by 16-bit values.
    fn bits(&mut self, count: u32) -> Result<u64, TableError> {
        self.refill();
        if count > self.buffered {
            return Err(TableError::new(self.table, TableFault::Truncated));
        }
        let value = if count == 0 {
            0
        } else {
            self.buffer >> (64 - count)
        };
        self.drop_bits(count);
        Ok(value)
    }

    fn drop_bits(&mut self, count: u32) {
        self.buffer = self.buffer.checked_shl(count).unwrap_or(0);
        self.buffered -= count;
    }

    fn refill(&mut self) {
        while self.buffered <= 56 {
            let Some((byte, rest)) = self.rest.split_first() else {
                return;
            };
            self.buffer |= u64::from(*byte) << (56 - self.buffered);
            self.buffered += 8;
            self.rest = rest;
        }
    }
}

const fn unzigzag(code: u64) -> i64 {
    (code >> 1).cast_signed() ^ -(code & 1).cast_signed()
}

fn fnv1a_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sound file around `body`.
    fn sealed(body: &[u8]) -> Vec<u8> {
        let mut file = [b"FCSP".as_slice(), &[VERSION], body].concat();
        file.extend(fnv1a_64(&file).to_le_bytes());
        file
    }

    fn open(file: &[u8]) -> Result<Reader<'_>, TableFault> {
        Reader::open(Table::Speeds, file).map_err(|error| error.fault())
    }

    /// The four values of a 2 × 2 grid.
    fn grid(body: &[u8]) -> Result<[u16; 4], TableFault> {
        let file = sealed(body);
        let mut grids = open(&file)?.grids();
        let mut values = [0; 4];
        grids
            .read(2, &mut values)
            .and_then(|()| grids.finish())
            .map(|()| values)
            .map_err(|error| error.fault())
    }

    #[test]
    fn a_file_is_opened_only_if_mark_version_and_hash_are_right() {
        let good = sealed(&[7]);
        assert_eq!(
            open(&good).and_then(|mut reader| reader.u8().map_err(|error| error.fault())),
            Ok(7)
        );
        let fault = |file: &[u8]| open(file).map(|_| ());
        assert_eq!(fault(b""), Err(TableFault::Truncated));
        assert_eq!(fault(&[0; 11]), Err(TableFault::Truncated));
        assert_eq!(fault(&[0; 12]), Err(TableFault::WrongMagic));
        for at in 4..good.len() {
            let mut damaged = good.clone();
            damaged[at] ^= 1;
            assert_eq!(fault(&damaged), Err(TableFault::Corrupt), "byte {at}");
        }
        let mut newer = [b"FCSP".as_slice(), &[VERSION + 1]].concat();
        newer.extend(fnv1a_64(&newer).to_le_bytes());
        assert_eq!(fault(&newer), Err(TableFault::UnknownVersion));
    }

    #[test]
    fn a_grid_is_read_as_the_format_says() {
        // 10, 12 / 9, 11 by hand. Parameter 3: code 20 is 110 100, predicted 0. Then m = 140, parameter 4: code 4 is
        // 0 0100, predicted 10. Then m = 136, 4: 9 − (12 + 10 + 1) / 2 = −2, code 3 is 0 0011. Then m = 131, 4:
        // 11 − (9 + 12 + 1) / 2 = 0 is 0 0000.
        let body = [0b1101_0000, 0b1000_0011, 0b0000_0000];
        assert_eq!(grid(&body), Ok([10, 12, 9, 11]));
        assert_eq!(grid(&body[..2]), Err(TableFault::Truncated));
        assert_eq!(
            grid(&[body[0], body[1], body[2] | 1]),
            Err(TableFault::TrailingBytes)
        );
    }

    #[test]
    fn a_grid_that_ends_early_goes_on_or_leaves_its_range_is_refused() {
        assert_eq!(grid(&[]), Err(TableFault::Truncated));
        assert_eq!(grid(&[0xFF; 3]), Err(TableFault::Truncated));
        assert_eq!(grid(&vec![0xFF; 20_000]), Err(TableFault::ValueOutOfRange));
        // Code 1 is −1: below zero.
        assert_eq!(grid(&[0b0001_0000, 0, 0]), Err(TableFault::ValueOutOfRange));
        assert_eq!(grid(&[0; 4]), Err(TableFault::TrailingBytes));
    }

    #[test]
    fn numbers_of_more_than_five_bytes_are_refused() {
        let number = |body: &[u8]| {
            let file = sealed(body);
            open(&file)?.signed_varint().map_err(|error| error.fault())
        };
        assert_eq!(number(&[0]), Ok(0));
        assert_eq!(number(&[1]), Ok(-1));
        assert_eq!(number(&[0x80, 0x01]), Ok(64));
        assert_eq!(number(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), Ok(-(1 << 34)));
        assert_eq!(
            number(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
            Err(TableFault::ValueOutOfRange)
        );
        assert_eq!(number(&[0x80]), Err(TableFault::Truncated));
    }

    #[test]
    fn text_is_utf_8_and_within_the_file() {
        let text = |body: &[u8], length| {
            let file = sealed(body);
            open(&file)?
                .text(length)
                .map(str::to_owned)
                .map_err(|error| error.fault())
        };
        assert_eq!(text(b"SoHo", 4), Ok("SoHo".to_owned()));
        assert_eq!(text(b"SoHo", 5), Err(TableFault::Truncated));
        assert_eq!(text(&[0xFF], 1), Err(TableFault::ValueOutOfRange));
    }
}

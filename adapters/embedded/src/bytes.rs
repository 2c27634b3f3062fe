//! Small rows as bytes: fixed-width big-endian numbers, so that keys sort as what they say.

use fiacre_domain::id::{DriverId, RegionId, TariffId, TripId};
use fiacre_domain::stream::{ChargeNumber, StreamId, TraceContext, Version};
use std::sync::Arc;

/// The bytes are not such a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed to read a row: its bytes are not of its kind")
    }
}

impl std::error::Error for Malformed {}

/// Collects a row.
#[derive(Debug)]
pub(crate) struct Row(Vec<u8>);

impl Default for Row {
    /// With room for most keys.
    fn default() -> Self {
        Self::with_room(40)
    }
}

impl Row {
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u8(&mut self, number: u8) -> &mut Self {
        self.raw(&[number])
    }

    pub(crate) fn u16(&mut self, number: u16) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn i64(&mut self, number: i64) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u128(&mut self, number: u128) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    /// A count; more than 2³² of anything are in no row.
    pub(crate) fn count(&mut self, count: usize) -> &mut Self {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Bytes with their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len()).raw(bytes)
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Nothing, or what `write` writes.
    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
                self
            }
        }
    }

    fn name(&mut self, name: &str) -> &mut Self {
        self.u8(u8::try_from(name.len()).unwrap_or(u8::MAX))
            .raw(name.as_bytes())
    }

    pub(crate) fn region(&mut self, region: RegionId) -> &mut Self {
        self.name(region.as_str())
    }

    pub(crate) fn trace(&mut self, trace: Option<&TraceContext>) -> &mut Self {
        self.option(trace, |row, trace| {
            let TraceContext {
                trace_id,
                span_id,
                flags,
            } = trace;
            row.raw(trace_id).raw(span_id).u8(*flags);
        })
    }

    /// A stream: no stream's bytes begin with another's, so that they are a prefix of its commits' keys alone.
    pub(crate) fn stream(&mut self, stream: StreamId) -> &mut Self {
        match stream {
            StreamId::Trip(trip) => self.u8(0).u128(trip.to_u128()),
            StreamId::Dispatch(trip) => self.u8(1).u128(trip.to_u128()),
            StreamId::Driver(driver) => self.u8(2).u128(driver.to_u128()),
            StreamId::Payment(trip, charge) => self.u8(3).u128(trip.to_u128()).u16(charge.0),
            StreamId::Ops(region) => self.u8(4).region(region),
            StreamId::Tariff(tariff) => self.u8(5).name(tariff.as_str()),
        }
    }

    pub(crate) fn version(&mut self, version: Version) -> &mut Self {
        self.u32(version.get())
    }
}

/// Takes a row apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn rest(&self) -> &'b [u8] {
        self.0
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) const fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<&'b [u8], Malformed> {
        let (raw, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(raw)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, Malformed> {
        self.array().map(u128::from_be_bytes)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        let length = self.u32()?;
        self.raw(length as usize)
    }

    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed),
        }
    }

    fn name(&mut self) -> Result<&'b str, Malformed> {
        let length = self.u8()?;
        std::str::from_utf8(self.raw(length.into())?).map_err(|_| Malformed)
    }

    pub(crate) fn region(&mut self) -> Result<RegionId, Malformed> {
        self.name()?.parse().map_err(|_| Malformed)
    }

    pub(crate) fn trip(&mut self) -> Result<TripId, Malformed> {
        self.u128().map(TripId::from_u128)
    }

    pub(crate) fn trace(&mut self) -> Result<Option<Arc<TraceContext>>, Malformed> {
        self.option(|row| {
            Ok(Arc::new(TraceContext {
                trace_id: row.array()?,
                span_id: row.array()?,
                flags: row.u8()?,
            }))
        })
    }

    pub(crate) fn stream(&mut self) -> Result<StreamId, Malformed> {
        Ok(match self.u8()? {
            0 => StreamId::Trip(self.trip()?),
            1 => StreamId::Dispatch(self.trip()?),
            2 => StreamId::Driver(DriverId::from_u128(self.u128()?)),
            3 => StreamId::Payment(self.trip()?, ChargeNumber(self.u16()?)),
            4 => StreamId::Ops(self.region()?),
            5 => StreamId::Tariff(self.name()?.parse::<TariffId>().map_err(|_| Malformed)?),
            _ => return Err(Malformed),
        })
    }

    pub(crate) fn version(&mut self) -> Result<Version, Malformed> {
        self.u32().map(Version::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams() -> Vec<StreamId> {
        let trip = TripId::from_u128(7);
        vec![
            StreamId::Trip(trip),
            StreamId::Dispatch(trip),
            StreamId::Driver(DriverId::from_u128(u128::MAX)),
            StreamId::Payment(trip, ChargeNumber::FARE),
            StreamId::Payment(trip, ChargeNumber(1)),
            StreamId::Tariff("twenty-two-letters-are".parse().unwrap()),
            StreamId::Ops("m".parse().unwrap()),
            StreamId::Ops("manhattan".parse().unwrap()),
            StreamId::Tariff("m".parse().unwrap()),
        ]
    }

    fn key(stream: StreamId) -> Vec<u8> {
        let mut row = Row::default();
        row.stream(stream);
        row.into_vec()
    }

    #[test]
    fn a_stream_is_read_as_it_was_written() {
        for stream in streams() {
            let key = key(stream);
            let mut reader = Reader::new(&key);
            assert_eq!(reader.stream(), Ok(stream));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn no_stream_begins_with_another() {
        for one in streams() {
            for other in streams() {
                assert_eq!(key(one).starts_with(&key(other)), one == other, "{one} {other}");
            }
        }
    }

    #[test]
    fn cut_bytes_are_malformed() {
        for stream in streams() {
            let key = key(stream);
            for length in 0..key.len() {
                assert_eq!(Reader::new(&key[..length]).stream(), Err(Malformed));
            }
        }
    }
}

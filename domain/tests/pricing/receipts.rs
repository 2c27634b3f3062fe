//! Readings as they are recorded, and receipts as they are read and verified.

use crate::*;
use fiacre_domain::pricing::{
    CIRCUMSTANCES_MAX, Cancellation, CancellationMatrix, CancellationStage, CancellationStageKind,
    Circumstances, Fault, FeeBase, FeeRule, Happened, MeterReading, Party, PayPolicy, PricingError,
    ReadingFlaw, Receipt, ReceiptField, ReceiptParts, Recorder, SLICES_MAX, STOPS_MAX, Slice, SpeedBand,
    StageRounding, VerifyError,
};
use fiacre_domain::ratio::Rounding;
use fiacre_domain::units::BasisPoints;

const MINUTE: Millis = Millis::from_minutes(1);

fn settled() -> Receipt {
    quote(tariff(), &ride()).settle_as_quoted().unwrap()
}

#[test]
fn a_receipt_says_what_it_is_of() {
    let receipt = settled();
    assert_eq!(receipt.quoted().minor(), 1_250);
    assert_eq!(receipt.happened(), &Happened::Unread);
    assert_eq!(receipt.edition(), tariff().edition());
    assert_eq!(receipt.verify(&tariff()), Ok(()));
}

#[test]
fn a_receipt_of_another_tariff_version_or_currency_is_refused() {
    let receipt = settled();
    let other = named("other", by_distance());
    let newer = Tariff::new("test".parse().unwrap(), 2, Currency::USD, by_distance());
    let yen = Tariff::new("test".parse().unwrap(), 1, Currency::JPY, by_distance());
    let (name, version) = (receipt.edition().tariff(), receipt.edition().version());
    let refused = VerifyError::OtherTariff {
        tariff: name,
        version,
    };
    let of_other_content = VerifyError::OtherFingerprint {
        tariff: name,
        version,
    };
    assert_eq!(receipt.verify(&other), Err(refused));
    assert_eq!(receipt.verify(&newer), Err(refused));
    assert_eq!(receipt.verify(&yen), Err(of_other_content));
    let in_yen = ReceiptParts {
        currency: Currency::JPY,
        ..receipt.parts().clone()
    };
    assert_eq!(
        Receipt::from_parts(in_yen).verify(&tariff()),
        Err(VerifyError::Differs(ReceiptField::Currency))
    );
}

#[test]
fn a_receipt_of_what_is_no_ride_cannot_be_priced() {
    let mut parts = settled().parts().clone();
    parts.ride = Ride::new(Millimetres::new(-1), Millis::ZERO);
    let refused = PricingError::RideNegative("distance");
    assert_eq!(
        Receipt::from_parts(parts).verify(&tariff()),
        Err(VerifyError::NotPriceable(refused))
    );
}

#[test]
fn a_fee_may_be_a_share_of_the_initial_price() {
    let half = |of| {
        FeeRule::new(0)
            .unwrap()
            .with_share(BasisPoints::new(5_000), of)
            .unwrap()
    };
    let fee = |of| {
        let matrix = CancellationMatrix::FREE.with(CancellationStageKind::NoShow, Fault::Rider, half(of));
        let stage = CancellationStage::NoShow { waited: MINUTE };
        let quote = quote(tariff().with_cancellation(matrix), &ride());
        quote
            .cancel(&Cancellation::new(stage, Fault::Rider))
            .unwrap()
            .total()
            .minor()
    };
    assert_eq!(fee(FeeBase::BaseFare), 125);
    assert_eq!(fee(FeeBase::Total), 625);
}

#[test]
fn commission_is_rounded_as_the_policy_says() {
    let ninth = PayPolicy::commission(3, BasisPoints::new(1_111)).unwrap();
    assert_eq!(ninth.version(), 3);
    let paid = |policy| quote(tariff().with_pay(policy), &ride()).driver_pay().minor();
    assert_eq!(paid(ninth), 1_111, "the commission of 138.875 is 139");
    let to_a_dollar = StageRounding::new(100, Rounding::Floor).unwrap();
    assert_eq!(paid(ninth.with_rounding(to_a_dollar)), 1_150);
}

#[test]
fn a_reading_is_refused_where_no_ride_has_so_many() {
    let new = |zones: Vec<ZoneId>, slices, stops| {
        let circumstances = Circumstances::new().with_stops(stops);
        MeterReading::new(tariff().edition(), morning(), zones, slices, circumstances).err()
    };
    let slice = |leg| Slice::new(morning(), leg);
    let refused = |what| Some(PricingError::ReadingOutOfRange(what));
    assert_eq!(new(vec![], vec![slice(0); SLICES_MAX + 1], 0), refused("slices"));
    assert_eq!(
        new(vec![zone("port"); CIRCUMSTANCES_MAX + 1], vec![], 0),
        refused("zones")
    );
    assert_eq!(
        new(vec![], vec![slice(1)], 0),
        refused("leg"),
        "a stop that was not made"
    );
    assert_eq!(
        new(vec![], vec![slice(1), slice(0)], 1),
        refused("leg"),
        "backwards"
    );
    assert_eq!(new(vec![], vec![slice(0).with_zones(1)], 0), refused("zone"));
    assert_eq!(new(vec![zone("port")], vec![slice(0).with_zones(1)], 0), None);
}

#[test]
fn a_recorder_refuses_what_no_ride_has() {
    let tariff = tariff();
    let new = || Recorder::new(&tariff, morning(), Circumstances::new());
    let beyond = |field, max| PricingError::RideBeyondLimit { field, max };
    let mut stops = new();
    for _ in 0..STOPS_MAX {
        stops.stop(None).unwrap();
    }
    assert_eq!(stops.stop(None), Err(beyond("number of stops", "255")));
    let mut zones = new();
    for number in 0..CIRCUMSTANCES_MAX {
        zones.enter(zone(&format!("z{number}"))).unwrap();
    }
    assert_eq!(zones.enter(zone("z0")), Ok(()), "again");
    assert_eq!(
        zones.enter(zone("port")),
        Err(beyond("number of zones on the way", "64"))
    );
    let mut slices = new();
    for _ in 0..SLICES_MAX {
        slices.set_clock(morning());
        slices.drive(metres(1), MINUTE).unwrap();
    }
    slices.set_clock(morning());
    assert_eq!(
        slices.drive(metres(1), MINUTE),
        Err(PricingError::ReadingOutOfRange("slices"))
    );
}

#[test]
fn a_clock_that_is_put_back_begins_a_slice_at_the_new_time() {
    let tariff = tariff();
    let mut recorder = Recorder::new(&tariff, morning(), Circumstances::new());
    recorder.drive(metres(500), MINUTE).unwrap();
    recorder.set_clock("2018-07-03T09:01".parse().unwrap());
    recorder.drive(metres(500), MINUTE).unwrap();
    let reading = recorder.finish().unwrap();
    let begun: Vec<_> = reading
        .slices()
        .iter()
        .map(|slice| slice.at().to_string())
        .collect();
    assert_eq!(begun, ["2018-07-03T10:00:00", "2018-07-03T09:01:00"]);
    assert_eq!(
        (reading.distance(), reading.duration()),
        (metres(1_000), Millis::from_minutes(2))
    );
}

#[test]
fn a_unit_too_fine_for_the_distance_overflows_instead_of_guessing() {
    let finest = |whole: i64| Ratio::new(i128::from(whole) * 1_000_000_000 - 1, 1_000_000_000).unwrap();
    let segment = Segment::new(Millimetres::ZERO, ratio(50), finest(1_000)).unwrap();
    let segment = segment.with_time(finest(10_000_000_000)).unwrap();
    let tariff = named(
        "fine",
        Meter::joint(ratio(250), Ratio::ZERO, vec![segment]).unwrap(),
    );
    let mut recorder = Recorder::new(&tariff, morning(), Circumstances::new());
    assert_eq!(recorder.drive(metres(1_000), MINUTE), Ok(()));
    let refused = recorder.drive(metres(999_999_000), MINUTE);
    assert_eq!(refused, Err(PricingError::Overflow));
}

/// `secs` of driving at 36 km/h from a local time on.
fn fast(at: &str, secs: i64) -> Slice {
    let (distance, duration) = (metres(secs * 10), Millis::from_secs(secs));
    Slice::new(at.parse().unwrap(), 0)
        .with_fast(distance, duration)
        .with_bands(vec![SpeedBand::of(distance, duration)])
}

fn read_from(started: &str, slices: Vec<Slice>) -> Result<MeterReading, PricingError> {
    MeterReading::new(
        tariff().edition(),
        started.parse().unwrap(),
        vec![],
        slices,
        Circumstances::new(),
    )
}

#[test]
fn bands_are_the_driving_of_their_slice() {
    let band = |mm, ms| SpeedBand::of(Millimetres::new(mm), Millis::new(ms));
    let read = |bands| read_from(MORNING, vec![fast(MORNING, 60).with_bands(bands)]);
    assert!(read(vec![band(300_000, 40_000), band(300_000, 20_000)]).is_ok());
    let whole = band(600_000, 60_000);
    for (bands, flaw) in [
        (vec![], ReadingFlaw::BandsDiffer),
        (vec![band(600_000, 59_999)], ReadingFlaw::BandsDiffer),
        (vec![band(599_999, 60_000)], ReadingFlaw::BandsDiffer),
        (vec![whole; 5], ReadingFlaw::BandsOutOfOrder),
        (
            vec![band(300_000, 20_000), band(300_000, 40_000)],
            ReadingFlaw::BandsOutOfOrder,
        ),
        (vec![whole, band(-1, 0)], ReadingFlaw::BandOutOfRange),
        (vec![whole, band(0, -1)], ReadingFlaw::BandOutOfRange),
        (vec![band(0, 0), whole], ReadingFlaw::BandOutOfRange),
        (
            vec![whole, band(1_000_000_000_001, 0)],
            ReadingFlaw::BandOutOfRange,
        ),
    ] {
        let refused = PricingError::ReadingIncoherent { slice: 0, flaw };
        assert_eq!(read(bands.clone()), Err(refused), "{bands:?}");
    }
}

#[test]
fn a_band_has_the_speed_that_it_says() {
    let flaw = ReadingFlaw::BandOfAnotherSpeed;
    let refused = Err(PricingError::ReadingIncoherent { slice: 0, flaw });
    let read = |kmh, mph, on_edge, mm| {
        let (distance, duration) = (Millimetres::new(mm), MINUTE);
        let band = SpeedBand::from_parts(kmh, mph, on_edge, distance, duration);
        let slice = Slice::new(MORNING.parse().unwrap(), 0).with_fast(distance, duration);
        read_from(MORNING, vec![slice.with_bands(vec![band])]).map(|_| ())
    };
    assert_eq!(read(36, 22, true, 600_000), Ok(()), "ten metres a second");
    assert_eq!(read(36, 22, false, 600_100), Ok(()));
    for (kmh, mph, on_edge) in [
        (35, 21, false),
        (37, 22, false),
        (37, 22, true),
        (3, 2, false),
        (90, 55, false),
    ] {
        assert_eq!(read(kmh, mph, on_edge, 600_100), refused, "{kmh} km/h");
    }
    assert_eq!(read(36, 40, false, 600_100), refused, "no speed is both");
    // Where a sample is cut, a millimetre or a millisecond goes with the other part: two each, at both ends of a slice.
    for mm in [599_978, 600_022] {
        assert_eq!(read(36, 22, true, mm), Ok(()), "{mm} mm");
    }
    for mm in [599_977, 600_023] {
        assert_eq!(read(36, 22, true, mm), refused, "{mm} mm");
    }
}

#[test]
fn what_is_driven_in_no_time_is_faster_than_can_be_counted() {
    let tariff = tariff();
    let mut recorder = Recorder::new(&tariff, morning(), Circumstances::new());
    for _ in 0..100 {
        recorder.drive(Millimetres::new(10), Millis::ZERO).unwrap();
    }
    recorder.drive(metres(10), Millis::from_secs(1)).unwrap();
    let reading = recorder.finish().unwrap();
    let bands: Vec<_> = reading.slices()[0].bands().iter().map(SpeedBand::kmh).collect();
    assert_eq!(bands, [36, u16::MAX]);
    let faster = SpeedBand::of(Millimetres::from_metres(1_000_000), Millis::new(1));
    assert!(!faster.is_on_edge(), "what is not counted is not exact");
}

#[test]
fn slices_follow_one_another_from_the_start_and_stay_in_their_quarter_of_an_hour() {
    let second = |at| read_from(MORNING, vec![fast(MORNING, 900), fast(at, 60)]);
    assert!(second("2018-07-03T10:15").is_ok());
    assert!(second("2018-07-03T09:15").is_ok(), "summer time ended");
    assert!(second("2018-07-03T11:15").is_ok(), "summer time began");
    let refused = |slice, flaw| Err(PricingError::ReadingIncoherent { slice, flaw });
    for at in [
        "2018-07-03T10:00",
        "2018-07-03T10:14",
        "2018-07-03T10:16",
        "2018-07-03T13:15",
    ] {
        assert_eq!(second(at), refused(1, ReadingFlaw::OutOfTimeOrder), "{at}");
    }
    let back_and_on = vec![
        fast(MORNING, 900),
        fast("2018-07-03T09:15", 60),
        fast("2018-07-03T10:16", 60),
    ];
    assert_eq!(
        read_from(MORNING, back_and_on),
        refused(2, ReadingFlaw::OutOfTimeOrder),
        "clocks change once"
    );
    for started in ["2018-07-03T09:00", "2018-07-03T10:00:01"] {
        assert_eq!(
            read_from(started, vec![fast(MORNING, 60)]),
            refused(0, ReadingFlaw::NotAtStart)
        );
    }
    assert_eq!(
        read_from(MORNING, vec![fast(MORNING, 901)]),
        refused(0, ReadingFlaw::NotCutAtQuarterHour)
    );
}

#[test]
fn a_clock_that_is_put_back_before_the_ride_moves_its_start() {
    let tariff = tariff();
    let mut recorder = Recorder::new(&tariff, morning(), Circumstances::new().on_holiday());
    recorder.set_clock("2018-07-03T09:00".parse().unwrap());
    recorder.drive(metres(500), MINUTE).unwrap();
    let reading = recorder.finish().unwrap();
    assert_eq!(reading.started().to_string(), "2018-07-03T09:00:00");
}

#[test]
fn nobody_is_no_party() {
    let nobody = || Circumstances::new().with_party(Party::adults(0).unwrap());
    let refused = Some(PricingError::RideWithoutPassenger);
    let reading = MeterReading::new(tariff().edition(), morning(), vec![], vec![], nobody());
    assert_eq!(reading.err(), refused);
    let quote = Arc::new(tariff()).quote(&ride().with_circumstances(nobody()), morning(), Surge::NONE);
    assert_eq!(quote.err(), refused);
}

#[test]
fn a_reading_under_a_tariff_of_other_content_is_refused() {
    let (quote, edited) = (quote(tariff(), &ride()), edited());
    let mut recorder = Recorder::new(&edited, morning(), Circumstances::new());
    recorder.drive(metres(10_000), Millis::from_minutes(20)).unwrap();
    let refused = PricingError::TariffEdited {
        tariff: edited.id(),
        version: 1,
    };
    assert_eq!(quote.settle(&recorder.finish().unwrap()), Err(refused));
    assert!(
        refused.to_string().contains("version 1 of tariff test"),
        "{refused}"
    );
}

#[test]
fn a_receipt_is_of_one_content_of_its_tariff() {
    let receipt = settled();
    let refused = receipt.verify(&edited()).unwrap_err();
    let (tariff, version) = (receipt.edition().tariff(), receipt.edition().version());
    assert_eq!(refused, VerifyError::OtherFingerprint { tariff, version });
    assert_eq!(refused.code(), "receipt_of_another_fingerprint");
    assert!(
        refused.to_string().contains("version 1 of tariff test"),
        "{refused}"
    );
    // Whoever claims the edited tariff is held to what that comes to.
    let claimed = ReceiptParts {
        tariff: edited().edition(),
        ..receipt.parts().clone()
    };
    assert_eq!(
        Receipt::from_parts(claimed).verify(&edited()),
        Err(VerifyError::Differs(ReceiptField::Quoted))
    );
}

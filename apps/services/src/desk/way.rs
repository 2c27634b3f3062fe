//! What a rider asks a price for, and the ride that the ways and zones between its places make of it.

use super::{DeskError, DeskPorts};
use fiacre_domain::geo::{TariffMap, ZoneMap};
use fiacre_domain::id::{ExtraId, ZoneId};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Circumstances, Party, Ride, RidePart, Tariff};
use fiacre_domain::trip::{PersonalPlace, PersonalPlan};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{PortError, PortErrorKind, Route};

/// What a rider asks a price for: from where to where, for whom, with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    plan: PersonalPlan,
    party: Party,
    extras: Vec<ExtraId>,
    waiting: Millis,
}

impl Wish {
    /// This way, for one adult, with nothing extra, and with no wait at its stops.
    pub const fn new(plan: PersonalPlan) -> Self {
        Self {
            plan,
            party: Party::ONE,
            extras: Vec::new(),
            waiting: Millis::ZERO,
        }
    }

    /// For these passengers.
    #[must_use]
    pub fn with_party(self, party: Party) -> Self {
        Self { party, ..self }
    }

    /// With something that the tariff prices on request.
    #[must_use]
    pub fn with_extra(mut self, extra: ExtraId) -> Self {
        self.extras.push(extra);
        self
    }

    /// With so long a wait at the stops, in all.
    #[must_use]
    pub fn with_waiting(self, waiting: Millis) -> Self {
        Self { waiting, ..self }
    }

    /// The way.
    pub const fn plan(&self) -> &PersonalPlan {
        &self.plan
    }

    /// The places of the plan, if all of them are known and there are two or more.
    fn places(&self) -> Result<Vec<Place>, DeskError> {
        let PersonalPlan {
            pick_up,
            stops,
            destination: Some(destination),
        } = &self.plan
        else {
            return Err(DeskError::Plan);
        };
        let places = [pick_up].into_iter().chain(stops).chain([destination]);
        let known: Option<Vec<Place>> = places.copied().map(PersonalPlace::known).collect();
        known.ok_or(DeskError::Plan)
    }

    /// What `tariff` asks about the ride, but for the zones on the way.
    fn circumstances(
        &self,
        tariff: &Tariff,
        places: &[Place],
        map: TariffMap<'_>,
    ) -> Result<Circumstances, DeskError> {
        let stops = u16::try_from(self.plan.stops.len()).unwrap_or(u16::MAX);
        let mut circumstances = Circumstances::new().with_party(self.party).with_stops(stops);
        for extra in &self.extras {
            if !tariff.extras().any(|known| known == *extra) {
                return Err(DeskError::Extra {
                    extra: *extra,
                    tariff: tariff.id(),
                });
            }
            circumstances = circumstances.with_extra(*extra);
        }
        let zone_of = |place: Option<&Place>| place.and_then(|place| map.zone_at(*place));
        if let Some(zone) = zone_of(places.first()) {
            circumstances = circumstances.starting_in(zone);
        }
        if let Some(zone) = zone_of(places.last()) {
            circumstances = circumstances.ending_in(zone);
        }
        let first_stop = places.get(1).filter(|_| stops > 0);
        Ok(match zone_of(first_stop) {
            Some(zone) => circumstances.stopping_first_in(zone),
            None => circumstances,
        })
    }
}

/// The ride that `wish` makes under `tariff`, by road from place to place, leaving now.
pub(super) async fn measured(
    ports: &DeskPorts,
    zones: &ZoneMap,
    wish: &Wish,
    tariff: &Tariff,
) -> Result<Ride, DeskError> {
    let map = zones.under(tariff)?;
    let places = wish.places()?;
    let legs: Vec<(Place, Place)> = places
        .iter()
        .copied()
        .zip(places.iter().copied().skip(1))
        .collect();
    let mut way = Way::new(map, tariff, wish.circumstances(tariff, &places, map)?);
    let routes = ports.routes.routes(&legs, ports.clock.now()).await;
    if routes.len() != legs.len() {
        // A leg that nobody answered for would be a shorter ride, and its price a promise.
        let error = PortError::new(
            PortErrorKind::Invalid,
            "route every leg: the provider answered for others",
        );
        return Err(DeskError::Routes(error));
    }
    for (leg, route) in legs.into_iter().zip(routes) {
        way.drive(leg, &route.map_err(DeskError::Routes)?);
    }
    Ok(way.ride().with_waiting(wish.waiting))
}

/// A way, leg by leg.
struct Way<'a> {
    map: TariffMap<'a>,
    tariff: &'a Tariff,
    circumstances: Circumstances,
    distance: Millimetres,
    duration: Millis,
    /// Known while every leg's is.
    standing: Option<Millis>,
    parts: Vec<RidePart>,
}

impl<'a> Way<'a> {
    const fn new(map: TariffMap<'a>, tariff: &'a Tariff, circumstances: Circumstances) -> Self {
        Self {
            map,
            tariff,
            circumstances,
            distance: Millimetres::ZERO,
            duration: Millis::ZERO,
            standing: Some(Millis::ZERO),
            parts: Vec::new(),
        }
    }

    fn drive(&mut self, (from, to): (Place, Place), route: &Route) {
        self.distance = self.distance.saturating_add(route.distance);
        self.duration = self.duration.saturating_add(route.duration);
        self.standing = self
            .standing
            .zip(route.standing)
            .map(|(before, more)| before.saturating_add(more));
        let mut way = Vec::with_capacity(route.turns.len() + 2);
        way.push(from);
        way.extend_from_slice(&route.turns);
        way.push(to);
        let stretches = self.map.stretches(&way);
        let whole: i64 = stretches.iter().map(|stretch| stretch.length().get()).sum();
        for stretch in stretches {
            let Some(zone) = stretch.zone() else { continue };
            self.pass(zone);
            if self.tariff.prices_inside(zone) {
                let share = |of: i64| share(of, stretch.length().get(), whole);
                let (distance, duration) = (share(route.distance.get()), share(route.duration.get()));
                self.parts.push(RidePart::new(
                    zone,
                    Millimetres::new(distance),
                    Millis::new(duration),
                ));
            }
        }
    }

    /// Notes a zone on the way, once; those at its ends are known.
    fn pass(&mut self, zone: ZoneId) {
        let known = &self.circumstances;
        let ends = [known.start(), known.first_stop(), known.end()];
        if !ends.contains(&Some(zone)) && !known.via().contains(&zone) {
            let circumstances = std::mem::take(&mut self.circumstances);
            self.circumstances = circumstances.through(zone);
        }
    }

    fn ride(self) -> Ride {
        let ride = Ride::new(self.distance, self.duration).with_circumstances(self.circumstances);
        let ride = self.parts.into_iter().fold(ride, Ride::with_part);
        match self.standing {
            Some(standing) => ride.with_slow(standing),
            None => ride,
        }
    }
}

/// `whole × part ÷ of`, rounded down; all of it where `of` is nothing.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let exact = i128::from(whole) * i128::from(part);
    exact
        .checked_div(i128::from(of))
        .map_or(whole, |share| i64::try_from(share).unwrap_or(whole))
}

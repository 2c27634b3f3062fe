//! Faults of the indices of a supply, for the tests that must find them.

use super::{Availability, DriverId, Place, Supply};

impl Supply {
    /// The grid loses a driver of whom everything is known.
    pub(in crate::matching) fn lose_from_grid(&mut self, driver: DriverId) {
        let slot = self.find(driver).unwrap();
        self.take_out(slot);
    }

    /// The grid does not notice that a driver is no longer free.
    pub(in crate::matching) fn leave_in_grid_as_free(&mut self, driver: DriverId, is: Availability) {
        let slot = self.find(driver).unwrap();
        self.drivers[slot as usize].availability = is;
    }

    /// The grid keeps a driver at another place than the one that they told.
    pub(in crate::matching) fn misplace_in_grid(&mut self, driver: DriverId, place: Place) {
        let slot = self.find(driver).unwrap();
        self.take_out(slot);
        self.tracks[slot as usize].point = self.area.project(place).ok();
        self.put_in(slot);
    }

    /// The slots lose a driver, who is then told of as if they were new.
    pub(in crate::matching) fn lose_from_slots(&mut self, driver: DriverId) {
        let known = self.driver(driver).unwrap().clone();
        self.slots.remove(driver, |slot| self.tracks[slot as usize].id);
        self.report(&[known.sample.unwrap()]);
        self.set_availability(driver, known.availability);
        self.set_capabilities(driver, known.capabilities);
    }
}

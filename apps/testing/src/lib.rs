#![doc = include_str!("../README.md")]
//!
//! | a test | asks |
//! |---|---|
//! | sets up | [`Platform::in_memory`], then [`Setup`]: seed, drivers, tariff, payments, composition, clocks |
//! | lets time pass | [`Platform::run_until_idle`] for what is under way, [`Platform::advance_s`] for deadlines too, [`Platform::advance_until`] something is so |
//! | plays a rider | [`Platform::book`], [`cancel`](Platform::cancel), [`change_plan`](Platform::change_plan), [`tip`](Platform::tip), [`rider_acts`](Platform::rider_acts) for 3-D Secure |
//! | plays a driver | [`Habit`]s, or [`accept`](Platform::accept), [`decline`](Platform::decline), [`withdraw`](Platform::withdraw), [`arrive`](Platform::arrive), [`pick_up`](Platform::pick_up), [`no_show`](Platform::no_show), [`complete`](Platform::complete); [`drive`](Platform::drive) does the last ones |
//! | plays an agent | [`vouch`](Platform::vouch), [`correct_reading`](Platform::correct_reading) |
//! | plays the bank | [`payments`], one method a behaviour: [`Ride::paid_with`]; [`bank_drops_hold`](Platform::bank_drops_hold), [`company`](Platform::company) |
//! | breaks things | [`fail_next`](Platform::fail_next), [`outage`](Platform::outage), [`stop`](Platform::stop), [`restart`](Platform::restart) (each of [`Part::ALL`] is the whole platform), [`set_skew`](Platform::set_skew), [`faults`](Platform::faults); [`strike_each`] call in turn |
//! | mends things | [`heal`](Platform::heal), [`start`](Platform::start), [`parked`](Platform::parked), [`replay`](Platform::replay) |
//! | looks | [`trip`](Platform::trip), [`driver`](Platform::driver), [`audit`](Platform::audit), [`ledger`](Platform::ledger), [`view`](Platform::view), [`log`](Platform::log) |

mod deeds;
mod error;
mod fault;
mod machinery;
mod machines;
mod part;
mod people;
pub mod places;
mod platform;
mod probe;
mod ride;
mod setup;
mod strike;
mod trouble;

pub use error::Error;
pub use fault::Fault;
pub use fiacre_domain::id::TripId;
pub use fiacre_domain::place::Place;
pub use fiacre_domain::saga::Service;
pub use fiacre_domain::trip::Phase;
pub use fiacre_domain::units::Millis;
pub use fiacre_memory::Port;
pub use fiacre_sandbox_payments::methods as payments;
pub use part::Part;
pub use people::Habit;
pub use platform::{IDLE_WITHIN, Platform};
pub use probe::{AuditProbe, DriverProbe, TripProbe};
pub use ride::Ride;
pub use setup::{START, Setup};
pub use strike::strike_each;
pub use trouble::ParkedMessage;

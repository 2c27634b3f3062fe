//! The whole platform in a unit test: synchronous, in memory, on a virtual clock, with any fault on demand.
//!
//! ```
//! use fiacre_testing::{Fault, Phase, Platform, Port, Ride, places};
//!
//! let mut p = Platform::in_memory().seed(7).driver("ann", places::BRYANT_PARK).start();
//! p.fail_next(Port::EventStore, Fault::AfterWrite);
//! let trip = p.book(Ride::new(places::TIMES_SQUARE, places::UNION_SQUARE))?;
//! p.run_until_idle();
//! p.trip(trip).assert_state(Phase::Confirmed);
//! p.advance_s(121); // the search's budget is over, and harms nobody
//! p.audit().assert_clean();
//! p.drive(trip)?;
//! p.trip(trip).assert_closed();
//! p.audit().assert_over();
//! # Ok::<(), fiacre_testing::Error>(())
//! ```
//!
//! These are the same processes as everywhere, composed as everywhere, on the memory adapters: what a test sees is what the
//! platform does. Nothing runs beside the test. A failed assertion prints what happened to the trip, and the seed; the same
//! seed and the same test are the same run, to the byte. Platforms in parallel threads know nothing of each other.
//!
//! | a test | asks |
//! |---|---|
//! | sets up | [`Platform::in_memory`], then [`Setup`]: seed, drivers, tariff, payments, composition, clocks |
//! | lets time pass | [`Platform::run_until_idle`] for what is under way, [`Platform::advance_s`] for deadlines too, [`Platform::advance_until`] something is so |
//! | plays a rider | [`Platform::book`], [`cancel`](Platform::cancel), [`change_plan`](Platform::change_plan), [`rider_acts`](Platform::rider_acts) for 3-D Secure |
//! | plays a driver | [`Habit`]s, or [`accept`](Platform::accept), [`decline`](Platform::decline), [`withdraw`](Platform::withdraw), [`arrive`](Platform::arrive), [`pick_up`](Platform::pick_up), [`no_show`](Platform::no_show), [`complete`](Platform::complete); [`drive`](Platform::drive) does the last ones |
//! | plays an agent | [`correct_reading`](Platform::correct_reading) |
//! | plays the bank | [`payments`], one method a behaviour: [`Ride::paid_with`]; [`bank_drops_hold`](Platform::bank_drops_hold), [`company`](Platform::company) |
//! | breaks things | [`fail_next`](Platform::fail_next), [`outage`](Platform::outage), [`stop`](Platform::stop), [`restart`](Platform::restart), [`set_skew`](Platform::set_skew), [`faults`](Platform::faults); [`strike_each`] call in turn |
//! | mends things | [`heal`](Platform::heal), [`start`](Platform::start), [`parked`](Platform::parked), [`replay`](Platform::replay) |
//! | looks | [`trip`](Platform::trip), [`driver`](Platform::driver), [`audit`](Platform::audit), [`ledger`](Platform::ledger), [`view`](Platform::view), [`log`](Platform::log) |
//!
//! Every order of what may come in another order, with one line:
//!
//! ```
//! # use fiacre_testing::{Habit, Phase, Platform, Ride, places};
//! for seed in 0..20 {
//!     let setup = Platform::in_memory().seed(seed).driver_who("ann", places::BRYANT_PARK, Habit::Declines);
//!     let mut p = setup.driver("bob", places::COLUMBUS_CIRCLE).start();
//!     let trip = p.book(Ride::new(places::TIMES_SQUARE, places::UNION_SQUARE))?;
//!     p.run_until_idle();
//!     p.trip(trip).assert_driver("bob");
//!     p.cancel(trip)?;
//!     p.run_until_idle();
//!     p.trip(trip).assert_state(Phase::Cancelled);
//!     p.audit().assert_over();
//! }
//! # Ok::<(), fiacre_testing::Error>(())
//! ```

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

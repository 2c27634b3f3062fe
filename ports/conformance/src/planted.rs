//! What the planted bugs of every suite share.

/// Makes `Broken` of a module's `Bug`: the reference model with one bug, in a world of its own.
macro_rules! broken_model {
    () => {
        /// The reference model with one bug, in a world of its own.
        #[derive(Debug)]
        pub struct Broken {
            harness: ReferenceHarness,
            bug: Arc<dyn Bug>,
        }

        impl Broken {
            fn new(bug: impl Bug + 'static) -> Self {
                Self {
                    harness: ReferenceHarness::new(),
                    bug: Arc::new(bug),
                }
            }
        }

        $crate::reference::keeps_time!(Broken, world => world.harness);
    };
}
pub(crate) use broken_model;

/// The clauses that the bug of `planted` breaks beside its own, and why: the rows of `also` that name it.
pub(crate) fn others<C: Copy + PartialEq>(
    also: &'static [(C, C, &'static str)],
    planted: C,
) -> impl Iterator<Item = (C, &'static str)> {
    also.iter()
        .filter(move |(bug, ..)| *bug == planted)
        .map(|&(_, other, why)| (other, why))
}

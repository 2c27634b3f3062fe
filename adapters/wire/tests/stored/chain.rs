//! A chain shows what was changed, taken out, put in or moved.

use crate::dice::Dice;
use crate::events;
use crate::laws::KEY;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_wire::stored::{self, Chain, ChainError, Privacy, Stored};
use proptest::prelude::*;

/// The bytes of a stream's commits, in order.
fn chained(stream: StreamId, count: u32, dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut prev = None;
    let commits = (1..=count).map(|version| {
        let mut commit = events::commit(dice);
        commit.stream = stream;
        commit.version = Version::new(version);
        let bytes = stored::encode(&commit, prev, Privacy::Sealed(&KEY)).unwrap();
        prev = Some(Stored::read(&bytes).unwrap().hash());
        bytes
    });
    commits.collect()
}

fn follow(stream: StreamId, commits: &[Vec<u8>]) -> Result<Chain, ChainError> {
    let mut chain = Chain::of(stream);
    for bytes in commits {
        chain.follow(&Stored::read(bytes).unwrap())?;
    }
    Ok(chain)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_chain_shows_every_change_but_one_of_its_last_commit(seed: u64) {
        let mut dice = Dice::new(seed);
        let stream = StreamId::Trip(dice.trip());
        let commits = chained(stream, 6, &mut dice);
        let whole = follow(stream, &commits).unwrap();
        prop_assert_eq!(whole.head(), Version::new(6));

        let mut other = chained(stream, 6, &mut dice);
        prop_assert!(follow(stream, &other).unwrap().hash() != whole.hash());
        for place in 0..5 {
            let mut replaced = commits.clone();
            replaced[place] = std::mem::take(&mut other[place]);
            let broken = follow(stream, &replaced).unwrap_err();
            prop_assert_eq!(broken.code(), "chain_broken");
            let mut without = commits.clone();
            without.remove(place);
            prop_assert_eq!(follow(stream, &without).unwrap_err().code(), "chain_gap");
            let mut twice = commits.clone();
            twice.insert(place, commits[place].clone());
            prop_assert_eq!(follow(stream, &twice).unwrap_err().code(), "chain_gap");
        }
        let elsewhere = StreamId::Dispatch(dice.trip());
        prop_assert_eq!(follow(elsewhere, &commits).unwrap_err().code(), "chain_other_stream");
    }

    #[test]
    fn a_chain_goes_on_from_a_head_that_is_trusted(seed: u64) {
        let mut dice = Dice::new(seed);
        let stream = StreamId::Driver(dice.driver());
        let commits = chained(stream, 4, &mut dice);
        let head = follow(stream, &commits[..2]).unwrap();
        let mut chain = Chain::after(stream, head.head(), head.hash().unwrap());
        chain.follow(&Stored::read(&commits[2]).unwrap()).unwrap();
        prop_assert_eq!(chain.follow(&Stored::read(&commits[2]).unwrap()).unwrap_err().code(), "chain_gap");
        chain.follow(&Stored::read(&commits[3]).unwrap()).unwrap();
        prop_assert_eq!(chain, follow(stream, &commits).unwrap());
    }
}

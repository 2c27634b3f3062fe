# Shortcuts for people; nothing needs `just`. Bare `just` lists them.

[private]
default:
    @{{ just_executable() }} --list --unsorted

# Name each missing tool and how to install it
doctor:
    @.ci/doctor

# Everything that must hold before a change lands
check:
    .ci/run

# Every test
test:
    cargo test --workspace

# Show that every checker can fail: the tests that plant what each must find
canaries:
    .ci/canaries

# What of the rules their tests reach, and the place of each line and region that they miss
coverage:
    .ci/coverage

# Beside `check`, what takes minutes: more states of a booking; licences, sources and bans of every dependency
extended: check saga-states
    cargo deny --version || cargo install --locked cargo-deny
    cargo deny check --allow unused-wrapper licenses bans sources

# Which changes to a file of the rules no test would notice: just mutants domain/src/pricing/tax.rs
mutants FILE:
    cargo mutants --version || cargo install --locked cargo-mutants
    cargo mutants --package fiacre-domain --test-package fiacre-domain --test-package fiacre-proptests --file {{ FILE }}

# Watch Manhattan's day go through the platform: just city --weekday fri --from 18:00 --hours 1
city *OPTIONS:
    cargo run --release -- city {{ OPTIONS }}

# Renew the page that the README shows of the city; `.ci/readme` alone compares
readme:
    .ci/readme --write

# What matching whole batches saves against each request's cheapest driver, on the same riders: just batch-vs-greedy [DEMAND] [DRIVERS] [SEED]
batch-vs-greedy *OPTIONS:
    cargo run --release -p fiacre-city --example batch_vs_greedy -- {{ OPTIONS }}

# Days at the ends and in the middle of each rate, with many seeds: no finding, nothing parked, every trip closed (minutes)
rates:
    cargo test --release -p fiacre-city --test run -- --ignored rates::

# How often a whole Friday reaches each cell of the saga's table (minutes): just every-cell [SEED]
every-cell *SEED:
    cargo run --release -p fiacre-city --example every_cell -- {{ SEED }}

# Every state of a booking within larger bounds than the tests': how many there are, and that all promises hold (minutes, 3 GB)
saga-states:
    cargo test --release -p fiacre-proptests --test saga -- --include-ignored --nocapture --test-threads=1 states::every_state

# What a live trip costs in memory; fails above 4 KiB (docs/adr/0080-a-live-trip-in-four-kibibytes.md)
bytes-per-trip:
    cargo run --release -p fiacre-city --example bytes_per_trip -- --at-most 4096

# What a trip takes where it is stored, kind by kind, and what writing and reading it costs.
stored-bytes:
    cargo run --release -p fiacre-city --example stored_bytes

# Kill a city on a folder at random moments, from the first 100 ms on: nothing acknowledged is missing, and all goes on: just crash [N] [SEED]
crash *OPTIONS:
    .ci/crash {{ OPTIONS }}

# What it costs to keep everything on disk: an hour of a Friday evening in memory and on a folder: just durable-ratio [DEMAND] [HOURS] [FOLDER]
durable-ratio *OPTIONS:
    cargo run --release -p fiacre-city --example durable_ratio -- {{ OPTIONS }}

# Lose power while a group is written, at every byte and with every page torn, also after a kill: what was answered is there
power-loss:
    cargo test -p fiacre-folder --test power
    cargo test -p fiacre-embedded --lib power_loss
    cargo test -p fiacre-vault --test folder power_loss
    cargo test -p fiacre-sandbox-payments --test sandbox power_loss

# Fill the disk under a city, and under its vault: it stops with a clear word, nothing is lost, and it goes on: just disk-full [SIZE…]
disk-full *SIZES:
    .ci/disk-full {{ SIZES }}

# Fill the disk while a group is written, and take the right to write away (as root: it mounts small file systems)
disk-faults:
    cargo test -p fiacre-embedded --lib disk_faults -- --ignored --test-threads=1
    cargo test -p fiacre-sandbox-payments --test sandbox disk_faults -- --ignored

# How many commits a second become durable, beside a file that is only appended to and synced: just append-rate [GROUPS] [FOLDER]
append-rate *OPTIONS:
    cargo run --release -p fiacre-embedded --example append_rate -- {{ OPTIONS }}

# How long the payment company's records are, and how long it takes to open them again: just company-records [TRIPS]
company-records *OPTIONS:
    cargo run --release -p fiacre-sandbox-payments --example reopen -- {{ OPTIONS }}

# Which way arrows run, and what must be absent where
arch:
    cargo test -p fiacre-architecture

# The API's documentation, in a browser where there is one
docs:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --all-features --no-deps --open

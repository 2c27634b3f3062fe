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

# Watch Manhattan's day go through the platform: just city --weekday fri --from 18:00 --hours 1
city *OPTIONS:
    cargo run --release -- city {{ OPTIONS }}

# Which way arrows run, and what must be absent where
arch:
    cargo test -p fiacre-architecture

# The API's documentation, in a browser where there is one
docs:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --all-features --no-deps --open

//! Why a city was not played, or not kept in its folder: exit codes and stable codes.

use super::{EXIT_FINDINGS, EXIT_OUTPUT, EXIT_SOFTWARE, EXIT_UNREADABLE, EXIT_USAGE, opening, writing};
use fiacre_city::keep::KeepError;
use fiacre_city::run::CityError;
use fiacre_sandbox_payments as sandbox;
use fiacre_vault::VaultError;
use std::path::Path;

/// The exit code.
pub(super) fn exit_code(error: &CityError) -> u8 {
    if let CityError::Keep(error) = error {
        keeping(error)
    } else if matches!(error, CityError::NotClosed { .. }) {
        EXIT_FINDINGS
    } else if error.is_usage() {
        EXIT_USAGE
    } else {
        EXIT_SOFTWARE
    }
}

/// The file or folder that it is about.
pub(super) fn file(error: &CityError) -> Option<&Path> {
    let CityError::Keep(error) = error else {
        return None;
    };
    match error {
        KeepError::Folder(error) | KeepError::Vault(VaultError::Folder(error)) => Some(error.folder()),
        KeepError::Company(error) => Some(error.folder()),
        KeepError::Write(error) => Some(error.folder()),
        KeepError::OtherRun(path)
        | KeepError::VaultWithin(path)
        | KeepError::UsedVault(path)
        | KeepError::NoVault(path)
        | KeepError::OtherVault(path)
        | KeepError::NoRun(path)
        | KeepError::NoCompany(path)
        | KeepError::Note(path, _)
        | KeepError::UnreadableNote(path, _) => Some(path),
        KeepError::Vault(_) | KeepError::CompanyWrite(_) => None,
    }
}

/// The exit code where nothing can be kept in a folder.
fn keeping(error: &KeepError) -> u8 {
    match error {
        KeepError::OtherRun(_)
        | KeepError::VaultWithin(_)
        | KeepError::UsedVault(_)
        | KeepError::OtherVault(_) => EXIT_USAGE,
        KeepError::NoRun(_)
        | KeepError::NoVault(_)
        | KeepError::NoCompany(_)
        | KeepError::UnreadableNote(..)
        | KeepError::Vault(VaultError::Headless | VaultError::Damaged { .. }) => EXIT_UNREADABLE,
        // It lies in the folder: a place that cannot hold it holds no run.
        KeepError::Note(_, error) if writing(error.kind()) == EXIT_USAGE => EXIT_UNREADABLE,
        KeepError::Note(..) => EXIT_OUTPUT,
        KeepError::Write(_)
        | KeepError::CompanyWrite(_)
        | KeepError::Vault(VaultError::NoRandomness | VaultError::Io { .. } | VaultError::Unsure(_)) => {
            EXIT_OUTPUT
        }
        KeepError::Company(error) => opening_company(error),
        KeepError::Folder(error) | KeepError::Vault(VaultError::Folder(error)) => opening(error),
    }
}

/// The exit code where a payment company's folder cannot be opened.
pub(super) const fn opening_company(error: &sandbox::OpenError) -> u8 {
    match error {
        sandbox::OpenError::Folder(error) => opening(error),
        sandbox::OpenError::OtherCompany { .. } => EXIT_USAGE,
    }
}

/// The stable code.
pub(super) const fn code(error: &CityError) -> &'static str {
    match error {
        CityError::Demand(error) => error.code(),
        CityError::Table(error) => error.code(),
        CityError::Area(_) => "city_area",
        CityError::Place(_) => "city_place",
        CityError::Name(_) => "city_name",
        CityError::Policy(_) => "city_matching_policy",
        CityError::Zones(_) => "city_zones_missing",
        CityError::ZoneIsHere(_) => "city_zone_is_here",
        CityError::Extra { .. } => "city_extra_unknown",
        CityError::Commission(error) => error.code(),
        CityError::Payments(error) => error.code(),
        CityError::Run(_) => "city_run",
        CityError::TooMuchDemand => "city_too_much_demand",
        CityError::TooManyDrivers => "city_too_many_drivers",
        CityError::Port(error) => error.kind().code(),
        CityError::Capacity(_) => "city_capacity",
        CityError::Keep(error) => keep_code(error),
        CityError::Thread(_) => "city_no_thread",
        CityError::Company(error) => error.code(),
        CityError::NotClosed { .. } => "city_not_at_rest",
    }
}

const fn keep_code(error: &KeepError) -> &'static str {
    match error {
        KeepError::Folder(error) => error.code(),
        KeepError::Company(error) => error.code(),
        KeepError::OtherRun(_) => "folder_of_another_run",
        KeepError::Vault(error) => error.code(),
        KeepError::VaultWithin(_) => "vault_within_folder",
        KeepError::UsedVault(_) => "vault_of_another_run",
        KeepError::NoVault(_) => "vault_absent",
        KeepError::OtherVault(_) => "vault_of_other_keys",
        KeepError::NoRun(_) => "folder_without_run",
        KeepError::NoCompany(_) => "company_absent",
        KeepError::Note(..) => "run_note_io",
        KeepError::UnreadableNote(..) => "run_note_unreadable",
        KeepError::Write(_) => "folder_unwritten",
        KeepError::CompanyWrite(_) => "company_unwritten",
    }
}

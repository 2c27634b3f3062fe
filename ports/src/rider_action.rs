//! What a rider needs in order to act where their bank asks for it.

use std::fmt;

/// How long an [`ActionSecret`] may be, in bytes: a page's address with a token in it is the longest.
const LENGTH_MAX: usize = 4_096;

/// Why a text is no [`ActionSecret`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActionSecretError {
    /// It is empty, or longer than 4,096 bytes.
    #[error("failed to take what the rider acts with: it must have 1 to {LENGTH_MAX} bytes")]
    Length,
    /// It holds a space, a control character or one that is not ASCII.
    #[error(
        "failed to take what the rider acts with: only visible ASCII characters go into an address or a secret"
    )]
    Character,
}

impl ActionSecretError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length => "action_secret_length",
            Self::Character => "action_secret_character",
        }
    }
}

/// Text that lets whoever has it act in a rider's place: it goes to the rider's app and nowhere else. It is neither stored nor
/// logged: it cannot be displayed, and its `Debug` does not show it.
///
/// ```
/// use fiacre_ports::{ActionSecret, ActionSecretError};
/// let secret = ActionSecret::new("pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH")?;
/// assert_eq!(format!("{secret:?}"), "ActionSecret { .. }");
/// assert!(secret.expose().starts_with("pi_"));
/// assert_eq!(ActionSecret::new("two words"), Err(ActionSecretError::Character));
/// # Ok::<(), ActionSecretError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ActionSecret(Box<str>);

impl ActionSecret {
    /// From a company's text of 1 to 4,096 visible ASCII characters.
    ///
    /// # Errors
    ///
    /// [`ActionSecretError`] for anything else.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, ActionSecretError> {
        let text = text.into();
        if text.is_empty() || text.len() > LENGTH_MAX {
            return Err(ActionSecretError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ActionSecretError::Character);
        }
        Ok(Self(text))
    }

    /// The text, for the rider's app.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ActionSecret {
    /// The text is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionSecret").finish_non_exhaustive()
    }
}

/// What a rider's app does so that the rider can act (3-D Secure). Which of them it is, is the adapter's configuration; companies
/// know both ways: <https://docs.stripe.com/payments/3d-secure/authentication-flow>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RiderAction {
    /// It opens this page, and the rider comes back from there.
    Redirect(ActionSecret),
    /// It hands this to the company's own library, which shows the rider what is to be done.
    ClientSecret(ActionSecret),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_text_of_some_length_is_taken() {
        let longest = "x".repeat(LENGTH_MAX);
        assert!(ActionSecret::new(longest.as_str()).is_ok_and(|secret| secret.expose() == longest));
        for (wrong, why) in [
            (String::new(), ActionSecretError::Length),
            (longest + "x", ActionSecretError::Length),
            ("https://bank.example/ ".to_owned(), ActionSecretError::Character),
            ("line\nbreak".to_owned(), ActionSecretError::Character),
            ("schlüssel".to_owned(), ActionSecretError::Character),
        ] {
            assert_eq!(ActionSecret::new(wrong), Err(why));
        }
    }

    #[test]
    fn no_part_of_it_is_shown() -> Result<(), ActionSecretError> {
        let secret = ActionSecret::new("hush")?;
        for action in [
            RiderAction::Redirect(secret.clone()),
            RiderAction::ClientSecret(secret),
        ] {
            assert!(!format!("{action:?} {action:#?}").contains("hush"));
        }
        Ok(())
    }
}

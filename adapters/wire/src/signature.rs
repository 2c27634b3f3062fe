//! Signatures over receipts: Ed25519 (RFC 8032).
//!
//! [`Receipt::verify`] recomputes what follows from a tariff; who rode, how far the reading says, and for which trip,
//! is what the signature vouches for. It is over the trip's id and the hash of the receipt's canonical bytes, so that
//! it outlives every format in which the receipt is sent.
//!
//! ```
//! # use fiacre_domain::money::Currency;
//! # use fiacre_domain::pricing::{Meter, Ride, Segment, Surge, Tariff, Units};
//! # use fiacre_domain::ratio::Ratio;
//! # use fiacre_domain::units::{Millimetres, Millis};
//! use fiacre_domain::id::TripId;
//! use fiacre_wire::signature::{ReceiptSigner, SignedReceipt};
//! # let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(150), Ratio::from(1_000_000))?;
//! # let meter = Meter::distance(Ratio::from(250), Ratio::ZERO, vec![kilometre], Units::Begun)?;
//! # let tariff = std::sync::Arc::new(Tariff::new("nyc".parse()?, 2, Currency::USD, meter));
//! # let ride = Ride::new(Millimetres::from_metres(3_000), Millis::from_minutes(9));
//! # let quote = tariff.quote(&ride, "2018-07-03T10:00".parse()?, Surge::NONE)?;
//! let signer = ReceiptSigner::new([7; 32]);
//! let signed = signer.sign(TripId::from_u128(42), quote.settle_as_quoted()?);
//! let sent = signed.to_json()?;
//!
//! // Whoever has the public key, and the tariff:
//! let received = SignedReceipt::from_json(&sent)?;
//! received.verify(&[signer.public_key()])?;
//! received.receipt().verify(&tariff)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::bytes::Bytes;
use crate::error::WireError;
use crate::hash::digest;
use crate::receipt::{ReceiptDto, Versioned};
use crate::text::Text;
use crate::{JSON_VERSION, json};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Receipt;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a signed receipt does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// The text or bytes are no public key.
    NotAKey,
    /// It names a key that is not among those given.
    UnknownKey(KeyId),
    /// The signature is not that of this key over this trip and receipt.
    Wrong,
}

impl SignatureError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAKey => "signature_not_a_key",
            Self::UnknownKey(_) => "signature_unknown_key",
            Self::Wrong => "signature_wrong",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to verify the signature: ")?;
        match self {
            Self::NotAKey => {
                f.write_str("write a public key as 64 hexadecimal digits of a point on the curve")
            }
            Self::UnknownKey(id) => write!(f, "key {id} is not known; get it from whoever signed"),
            Self::Wrong => f.write_str("the trip or the receipt is not what was signed"),
        }
    }
}

impl std::error::Error for SignatureError {}

/// Names a key: the first eight bytes of the SHA-256 of the public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bytes(self.0.to_vec()).fmt(f)
    }
}

/// What signatures are verified with; written as 64 hexadecimal digits.
///
/// ```
/// use fiacre_wire::signature::{PublicKey, ReceiptSigner};
/// let key = ReceiptSigner::new([7; 32]).public_key();
/// assert_eq!(key.to_string().parse::<PublicKey>()?, key);
/// # Ok::<(), fiacre_wire::signature::SignatureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`SignatureError::NotAKey`] where they are no point, or one under which anything verifies.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, SignatureError> {
        VerifyingKey::from_bytes(&bytes)
            .ok()
            .filter(|key| !key.is_weak())
            .map(Self)
            .ok_or(SignatureError::NotAKey)
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        let hash = digest(self.0.as_bytes());
        KeyId(hash.bytes().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bytes(self.0.as_bytes().to_vec()).fmt(f)
    }
}

impl FromStr for PublicKey {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let Bytes(bytes) = text.parse().map_err(|_| SignatureError::NotAKey)?;
        let bytes = bytes.try_into().map_err(|_| SignatureError::NotAKey)?;
        Self::from_bytes(bytes)
    }
}

/// Signs receipts with a key that stays inside.
pub struct ReceiptSigner(SigningKey);

impl fmt::Debug for ReceiptSigner {
    /// The key is not shown, only its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReceiptSigner")
            .field(&self.public_key().id())
            .finish()
    }
}

impl ReceiptSigner {
    /// Under a secret of 32 random bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&secret))
    }

    /// What its signatures are verified with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The receipt of a trip, signed. The same receipt has the same signature.
    pub fn sign(&self, trip: TripId, receipt: Receipt) -> SignedReceipt {
        let signature = self.0.sign(&message(trip, &receipt)).to_bytes();
        SignedReceipt {
            trip,
            receipt,
            key: self.public_key().id(),
            signature,
        }
    }
}

/// What is signed.
fn message(trip: TripId, receipt: &Receipt) -> Vec<u8> {
    let mut message = b"fiacre receipt 1".to_vec();
    message.extend_from_slice(&trip.to_u128().to_be_bytes());
    message.extend_from_slice(Fingerprint::of(receipt).bytes());
    message
}

/// A receipt, the trip that it is of, and a signature over both. It is what someone claims, until
/// [`verify`](SignedReceipt::verify) says that it was signed, and [`Receipt::verify`] that it is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    trip: TripId,
    receipt: Receipt,
    key: KeyId,
    signature: [u8; 64],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedReceiptDto {
    version: u32,
    trip: Text<TripId>,
    key: Bytes,
    signature: Bytes,
    receipt: ReceiptDto,
}

impl SignedReceipt {
    /// The trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// The receipt.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The key that is said to have signed.
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// Whether one of `keys` signed it: that which it names.
    ///
    /// # Errors
    /// [`SignatureError::UnknownKey`] and [`SignatureError::Wrong`].
    pub fn verify(&self, keys: &[PublicKey]) -> Result<(), SignatureError> {
        let key = keys
            .iter()
            .find(|key| key.id() == self.key)
            .ok_or(SignatureError::UnknownKey(self.key))?;
        let signature = Signature::from_bytes(&self.signature);
        key.0
            .verify_strict(&message(self.trip, &self.receipt), &signature)
            .map_err(|_| SignatureError::Wrong)
    }

    /// As JSON, indented, with a line break at its end.
    ///
    /// # Errors
    /// [`WireError::Unwritable`], for nothing that the domain can make.
    pub fn to_json(&self) -> Result<String, WireError> {
        let Self {
            trip,
            receipt,
            key,
            signature,
        } = self;
        let mut text = serde_json::to_string_pretty(&SignedReceiptDto {
            version: JSON_VERSION,
            trip: Text::new(*trip),
            key: Bytes(key.0.to_vec()),
            signature: Bytes(signature.to_vec()),
            receipt: ReceiptDto::of(receipt),
        })?;
        text.push('\n');
        Ok(text)
    }

    /// From JSON; nothing is verified yet.
    ///
    /// # Errors
    /// Every [`WireError`] but those of quotes: what is wrong, and where.
    pub fn from_json(text: &str) -> Result<Self, WireError> {
        Versioned::check(text)?;
        // The version was checked before.
        let SignedReceiptDto {
            version: _,
            trip,
            key,
            signature,
            receipt,
        } = json::read(text)?;
        Ok(Self {
            trip: trip.take("trip")?,
            receipt: receipt.into_domain().map_err(|error| error.within("receipt"))?,
            key: KeyId(key.exactly("key")?),
            signature: signature.exactly("signature")?,
        })
    }
}

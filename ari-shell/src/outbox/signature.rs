//! How a receiver knows that it was we who sent something, and when.
//!
//! `t=1700000000,v1=5257a8…`: the moment of sending in seconds since 1970, and the HMAC-SHA256 of that number, a dot and the
//! body, under the secret that both share, in hexadecimal. The moment is signed with the rest, so that a receiver may refuse
//! what somebody has kept and sends again later.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The header that carries it.
pub(super) const HEADER: &str = "ringmaster-signature";

/// The signature of a body that is sent at that moment.
pub(super) fn sign(secret: &SecretString, seconds: u64, body: &str) -> String {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value was computed with Python's `hmac`, not with this.
    #[test]
    fn a_signature_is_what_anybody_else_computes_from_the_same() {
        let secret = SecretString::from("a-secret-of-the-house");
        assert_eq!(
            sign(&secret, 1_700_000_000, "{\"id\":\"evt_1\"}"),
            "t=1700000000,v1=5f5ae0511ad0fdcd1e9d6ce332855dbaff95118c9ceb5c692198e2d83ed8b3f0"
        );
    }
}

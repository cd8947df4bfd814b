//! What has a name, alone or as the key of a table. Whoever gives it bare, such as `20` instead of `{ fixed = 20 }`, is told
//! what is right.

use core::fmt;
use core::marker::PhantomData;

use serde::Deserializer;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};

use super::figure::plain;

/// One of several kinds, each a name or a table with its name for a key.
pub(super) trait Kind: Sized {
    /// What may be given, in words.
    const MEANT: &str;

    /// As it stands in a file.
    fn read<'de, D: Deserializer<'de>>(of: D) -> Result<Self, D::Error>;

    /// What is right instead of a figure.
    fn of_figure(figure: f64) -> String {
        format!("{} is not {}", plain(figure), Self::MEANT)
    }
}

/// Has an enum read by `kind`, which serde's own derivation leaves to it by `remote = "Self"`.
macro_rules! named {
    ($name:ident, $meant:expr) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
                $crate::scenario::bare::kind(of)
            }
        }

        impl $crate::scenario::bare::Kind for $name {
            const MEANT: &str = $meant;

            fn read<'de, D: serde::Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
                Self::deserialize(of)
            }
        }
    };
}
pub(super) use named;

/// One of the kinds; whoever gives it bare is told how it is given.
pub(super) fn kind<'de, K: Kind, D: Deserializer<'de>>(of: D) -> Result<K, D::Error> {
    of.deserialize_any(Given(PhantomData))
}

struct Given<K>(PhantomData<K>);

impl<'de, K: Kind> Visitor<'de> for Given<K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::MEANT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<K, A::Error> {
        let kind = K::read(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<String>()? {
            None => Ok(kind),
            Some(second) => Err(A::Error::custom(format!("{second:?} is a second name where one is meant"))),
        }
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<K, E> {
        K::read(StrDeserializer::new(name))
    }

    fn visit_i64<E: Error>(self, figure: i64) -> Result<K, E> {
        self.visit_f64(figure as f64)
    }

    fn visit_f64<E: Error>(self, figure: f64) -> Result<K, E> {
        Err(E::custom(K::of_figure(figure)))
    }
}

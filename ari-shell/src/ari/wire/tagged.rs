//! An event's type stands beside its fields, so a message has to be looked through for it before it can be read. What
//! serde derives for that takes all of the message to pieces; here the message is skimmed, and then read once.

use serde::Deserializer as _;
use serde::de::value::{EnumAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, IntoDeserializer as _, Unexpected, VariantAccess, Visitor,
};
use serde_json::{Deserializer, Error};

/// A message whose type is known, to be read as the variant of that name.
pub(super) struct Tagged<'de, 'k> {
    kind: &'k str,
    text: &'de str,
}

impl<'de, 'k> Tagged<'de, 'k> {
    pub(super) fn new(kind: &'k str, text: &'de str) -> EnumAccessDeserializer<Self> {
        EnumAccessDeserializer::new(Self { kind, text })
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de, '_> {
    type Error = Error;
    type Variant = Fields<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Fields<'de>), Error> {
        let kind: StrDeserializer<'_, Error> = self.kind.into_deserializer();
        Ok((seed.deserialize(kind)?, Fields { text: self.text }))
    }
}

/// The message as the variant's fields.
pub(super) struct Fields<'de> {
    text: &'de str,
}

impl<'de> VariantAccess<'de> for Fields<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut Deserializer::from_str(self.text))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        Err(Error::invalid_type(Unexpected::Map, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Deserializer::from_str(self.text).deserialize_struct("", fields, visitor)
    }
}

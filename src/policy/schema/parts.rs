//! The small parts of which the schema is made: what may be left out, one value or several, names, globs.
//!
//! Each is a type without a value. schemars would take an `Option` for something that may be null, which a policy refuses.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The plain text of a name between two slashes.
const SEGMENT: &str = r"^[A-Za-z0-9._~:()-]+$";

/// Something that may be left out. What is written out must have a value: `key:` alone is an error.
pub(super) struct Optional<T>(PhantomData<T>);

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: JsonSchema> JsonSchema for Optional<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// One value or a list of them, of which any will do.
pub(super) struct OneOrMore<T>(PhantomData<T>);

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMore{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// A name alone, as it stands between two slashes.
pub(super) struct Segment;

impl JsonSchema for Segment {
    fn schema_name() -> Cow<'static, str> {
        "Segment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": SEGMENT,
            "maxLength": 256,
            "not": { "enum": ["-", ".", "..", "all"] },
        })
    }
}

pub(super) struct Locations;

impl JsonSchema for Locations {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Locations".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Segment>();
        json_schema!({
            "anyOf": [
                { "const": "all" },
                { "type": "array", "items": name, "minItems": 1, "uniqueItems": true },
            ],
            "examples": ["all", ["europe-west1"]],
        })
    }
}

/// A glob: `*` for a part of a path segment, `**` for any number of whole ones, as in `**/targets/prod-*`.
pub(super) struct Glob;

impl JsonSchema for Glob {
    fn schema_name() -> Cow<'static, str> {
        "Glob".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A glob: `*` for a part of a path segment, `**` for any number of whole ones.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1000,
            "examples": ["**/targets/prod-*"],
        })
    }
}

/// A glob, a number, true or false.
pub(super) struct MetadataValue;

impl JsonSchema for MetadataValue {
    fn schema_name() -> Cow<'static, str> {
        "MetadataValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let glob = generator.subschema_for::<Glob>();
        json_schema!({ "anyOf": [glob, { "type": ["number", "boolean"] }] })
    }
}

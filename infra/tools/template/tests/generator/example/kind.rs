use custodian_domain::kinds::{Field, FieldType, Kind, Link, TAGS};

/// A recording has a name and may refer to a tag.
pub const RECORDINGS: Kind = Kind {
    route: "recordings",
    table: "recordings",
    noun: "recording",
    fields: &[
        Field { name: "name", ..TAGS.fields[0] },
        Field {
            name: "tag_id",
            field_type: FieldType::Link(Link { table: "tags", max: 1 }),
            ..TAGS.fields[0]
        },
    ],
    limits: [Some(5), Some(50), Some(500), None],
    ..TAGS
};

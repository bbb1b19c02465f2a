//! Rows that customers own. The hash key of their tables is the customer's id.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{FindResources, ListResources, QueryPage, ReadResources};
use custodian_domain::kinds::Kind;
use custodian_domain::{CustomerId, EncryptedFields, EncryptedResource, Resource, StoredResource};
use serde_json::Value;
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode, encode, n, s};

pub(crate) fn version_is(version: u64) -> Expr {
    Expr::new("#version = :version").with(":version", n(version))
}

pub(crate) fn row_key(customer: CustomerId, id: Uuid) -> Item {
    composite_key("customer_id", customer, "id", id)
}

impl ListResources for Store {
    async fn resources(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<StoredResource>, Failure> {
        self.owned_rows(kind.table, customer, below, limit).await?.try_map(|item| decode_resource(kind, item))
    }
}

impl Store {
    /// A customer's rows of a table, newest first. One query returns at most 1 MB.
    pub(crate) async fn owned_rows(
        &self,
        table: &str,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<Item>, Failure> {
        let mut condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        if let Some(below) = below {
            condition = Expr::new("#customer_id = :customer AND #id < :below")
                .with(":customer", s(customer))
                .with(":below", s(below));
        }
        let query = self.client.query().table_name(self.table(table)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let response = query.send().await.map_err(|error| aws_failure("the rows", &error))?;
        let last = response.last_evaluated_key.as_ref().and_then(|key| key.get("id")?.as_s().ok());
        let next = last.and_then(|id| Uuid::try_parse(id).ok());
        Ok(QueryPage { rows: response.items.unwrap_or_default(), next })
    }
}

/// The attribute with the encrypted values. No field of a kind has this name, so no client can set it. Between reading and writing
/// a row, its `fields` have the ciphertexts of fields that this version does not know under this name.
const ENCRYPTED: &str = "encrypted";

/// Encodes a row. Encrypted fields are stored as ciphertexts only. Other nested values become JSON text, because DynamoDB limits
/// the depth of documents and the range of numbers more than JSON does.
pub(crate) fn encode_resource(
    kind: &Kind,
    EncryptedResource { row, encrypted }: &EncryptedResource<'_>,
) -> Result<Item, Failure> {
    let mut row = Resource::clone(row);
    let mut ciphertexts: Item = encode(encrypted)?;
    if let Some(unknown) = row.fields.remove(ENCRYPTED) {
        ciphertexts.extend(encode(&unknown)?);
    }
    for field in kind.fields.iter().filter(|field| field.encrypted) {
        row.fields.remove(field.name);
        if !encrypted.0.contains_key(field.name) {
            return Err(Failure::unavailable("the row", format!("{} is not encrypted", field.name)));
        }
    }
    for field in kind.fields.iter().filter(|field| field.field_type.is_nested()) {
        if let Some(value) = row.fields.get_mut(field.name) {
            *value = Value::String(value.to_string());
        }
    }
    let mut item = encode(&row)?;
    if !ciphertexts.is_empty() {
        item.insert(ENCRYPTED.to_owned(), AttributeValue::M(ciphertexts));
    }
    Ok(item)
}

/// The stored row as this version knows it, to compare it with a changed one. Its ciphertexts are placeholders.
pub(crate) fn encode_before(kind: &Kind, row: &Resource) -> Result<Item, Failure> {
    let encrypted = EncryptedFields::placeholders(kind, row);
    let mut item = encode_resource(kind, &EncryptedResource { row, encrypted })?;
    // An earlier release wrote plain values of encrypted fields. The difference removes them.
    let encrypted_fields = kind.fields.iter().filter(|field| field.encrypted);
    item.extend(encrypted_fields.map(|field| (field.name.to_owned(), AttributeValue::Null(true))));
    Ok(item)
}

pub(crate) fn decode_resource(kind: &Kind, mut item: Item) -> Result<StoredResource, Failure> {
    let ciphertexts = match item.remove(ENCRYPTED) {
        Some(AttributeValue::M(ciphertexts)) => ciphertexts,
        _ => Item::new(),
    };
    let (known, unknown): (Item, Item) =
        ciphertexts.into_iter().partition(|(name, _)| kind.field(name).is_some());
    let encrypted = decode(known)?;
    // JSON has no binary values. An update of the row keeps them, because it names only what it changes.
    item.retain(|_, value| !has_binary(value));
    let mut row: Resource = decode(item)?;
    if !unknown.is_empty() {
        row.fields.insert(ENCRYPTED.to_owned(), decode(unknown)?);
    }
    for field in kind.fields.iter().filter(|field| field.field_type.is_nested()) {
        let Some(Value::String(text)) = row.fields.get(field.name) else { continue };
        let value =
            serde_json::from_str(text).map_err(|cause| Failure::unavailable("a stored row", cause))?;
        row.fields.insert(field.name.to_owned(), value);
    }
    Ok(StoredResource { row, encrypted })
}

fn has_binary(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::B(_) | AttributeValue::Bs(_) => true,
        AttributeValue::L(values) => values.iter().any(has_binary),
        AttributeValue::M(values) => values.values().any(has_binary),
        _ => false,
    }
}

impl ReadResources for Store {
    async fn resource(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        id: Uuid,
    ) -> Result<Option<StoredResource>, Failure> {
        let request = self.client.get_item().table_name(self.table(kind.table)).consistent_read(true);
        let response = request.set_key(Some(row_key(customer, id))).send().await;
        let found = response.map_err(|error| aws_failure("the rows", &error))?.item;
        found.map(|item| decode_resource(kind, item)).transpose()
    }
}

impl FindResources for Store {
    async fn resource_with_name(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        name: &str,
    ) -> Result<Option<StoredResource>, Failure> {
        let Some(unique) = &kind.unique else { return Ok(None) };
        let name = unique.name(customer, name);
        let holder = self.identifier(&name.0).await?.filter(|holder| holder.owner == customer);
        let Some(id) = holder.and_then(|holder| holder.row_id) else { return Ok(None) };
        // The row may have lost the name since the first read.
        let found = self.resource(kind, customer, id).await?;
        Ok(found.filter(|stored| unique.of(customer, &stored.row.fields).contains(&name)))
    }
}

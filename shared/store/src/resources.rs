//! Rows that customers own. The customer is the first part of every key.

use custodian_app::Failure;
use custodian_app::ports::{
    CreateResources, DeleteResources, ListResources, Part, ReadResources, Stored, UpdateResources, Written,
};
use custodian_domain::kinds::{Kind, Name};
use custodian_domain::note::Note;
use custodian_domain::resource::Reference;
use custodian_domain::{CustomerId, Resource, Status, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::Store;
use crate::customers::Freed;
use crate::expr::Expr;
use crate::identifiers::{self, Claim};
use crate::item::{Item, decode, encode, key2, n, s};
use crate::retry::{Patience, Race};
use crate::transaction::{Transaction, Verdict, failed};
use crate::{outbox, usage};

/// What the conditions of a write to an owned row protect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guard {
    Gate,
    Full,
    Row,
    /// A name, by its place among those that the row holds.
    Name(usize),
    /// What a field leads to.
    Reference(&'static str),
}

/// The same for rows that hold no names and lead nowhere.
pub(crate) const fn written(verdict: Verdict<Guard>) -> Written {
    match verdict {
        Ok(()) => Written::Done,
        Err(Guard::Gate) => Written::Closed,
        Err(_) => Written::Lost,
    }
}

pub(crate) fn at_version(version: u64) -> Expr {
    Expr::new("#version = :version").with(":version", n(version))
}

pub(crate) fn row_key(customer: CustomerId, id: Uuid) -> Item {
    key2("customer_id", customer, "id", id)
}

impl ListResources for Store {
    async fn resources(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Part<Resource>, Failure> {
        self.owned_rows(kind.table, customer, below, limit).await?.try_map(|item| row(kind, item))
    }
}

impl Store {
    /// A customer's rows of a table, newest first: those of one page of the engine, which ends at 1 MB.
    pub(crate) async fn owned_rows(
        &self,
        table: &str,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Part<Item>, Failure> {
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
        let answer = query.send().await.map_err(|error| failed("the rows", &error))?;
        let last = answer.last_evaluated_key.as_ref().and_then(|key| key.get("id")?.as_s().ok());
        let next = last.and_then(|id| Uuid::try_parse(id).ok());
        Ok(Part { rows: answer.items.unwrap_or_default(), next })
    }
}

/// A row as an item. What holds more than one value is one text: the engine nests less deep than JSON, and its numbers end
/// earlier.
fn item(kind: &Kind, row: &Resource) -> Result<Item, Failure> {
    let mut row = row.clone();
    for field in kind.fields.iter().filter(|field| field.shape.is_nested()) {
        if let Some(value) = row.fields.get_mut(field.name) {
            *value = Value::String(value.to_string());
        }
    }
    encode(&row)
}

/// The row that an item is.
pub(crate) fn row(kind: &Kind, item: Item) -> Result<Resource, Failure> {
    let mut row: Resource = decode(item)?;
    for field in kind.fields.iter().filter(|field| field.shape.is_nested()) {
        let Some(Value::String(text)) = row.fields.get(field.name) else { continue };
        let value =
            serde_json::from_str(text).map_err(|cause| Failure::unavailable("a stored row", cause))?;
        row.fields.insert(field.name.to_owned(), value);
    }
    Ok(row)
}

impl ReadResources for Store {
    async fn resource(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        id: Uuid,
    ) -> Result<Option<Resource>, Failure> {
        let call = self.client.get_item().table_name(self.table(kind.table)).consistent_read(true);
        let answer = call.set_key(Some(row_key(customer, id))).send().await;
        let found = answer.map_err(|error| failed("the rows", &error))?.item;
        found.map(|item| row(kind, item)).transpose()
    }
}

/// A write to a row of a kind: what was, what is to be, of which one may be absent.
#[derive(Clone, Copy)]
struct Write<'a> {
    kind: &'static Kind,
    before: Option<&'a Resource>,
    after: Option<&'a Resource>,
    /// The customer's statuses in which this may be done.
    statuses: &'static [Status],
    now: Timestamp,
}

const ACTIVE: &[Status] = &[Status::Active];

impl CreateResources for Store {
    async fn create_resource(&self, kind: &'static Kind, row: &Resource) -> Result<Stored, Failure> {
        self.write_row(Write { kind, statuses: ACTIVE, before: None, after: Some(row), now: row.tm_create })
            .await
    }
}

impl UpdateResources for Store {
    async fn update_resource(
        &self,
        kind: &'static Kind,
        statuses: &'static [Status],
        before: &Resource,
        after: &Resource,
    ) -> Result<Stored, Failure> {
        self.write_row(Write {
            kind,
            statuses,
            before: Some(before),
            after: Some(after),
            now: after.tm_update,
        })
        .await
    }
}

impl DeleteResources for Store {
    async fn delete_resource(
        &self,
        kind: &'static Kind,
        row: &Resource,
        now: Timestamp,
    ) -> Result<Stored, Failure> {
        self.write_row(Write { kind, statuses: ACTIVE, before: Some(row), after: None, now }).await
    }
}

impl Write<'_> {
    /// The names that the row holds before and after.
    fn names(&self) -> (Vec<Name>, Vec<Name>) {
        let held = |row: Option<&Resource>| match (&self.kind.unique, row) {
            (Some(unique), Some(row)) => unique.of(row),
            _ => Vec::new(),
        };
        (held(self.before), held(self.after))
    }

    fn note(&self) -> Option<Note> {
        let noun = self.kind.noun;
        match (self.before, self.after) {
            (None, Some(after)) => Some(Note::created(noun, after)),
            (Some(before), Some(after)) => Note::updated(noun, before, after),
            (Some(before), None) => Some(Note::deleted(noun, before, self.now)),
            (None, None) => None,
        }
    }

    /// What the row leads to and did not before.
    fn new_references(&self) -> Vec<Reference> {
        let references = |row: Option<&Resource>| row.map_or_else(Vec::new, |row| row.references(self.kind));
        let known = references(self.before);
        let is_new = |new: &Reference| !known.iter().any(|old| (old.table, old.id) == (new.table, new.id));
        references(self.after).into_iter().filter(is_new).collect()
    }
}

impl Store {
    async fn write_row(&self, write: Write<'_>) -> Result<Stored, Failure> {
        let (mut gone_owner, mut race) = (None, Race::new("a name", Patience::Request));
        loop {
            match self.try_write_row(write, gone_owner).await? {
                Ok(()) => return Ok(Stored::Done),
                Err(Guard::Gate) => return Ok(Stored::Closed),
                Err(Guard::Full) => return Ok(Stored::Full),
                Err(Guard::Row) => return Ok(Stored::Lost),
                Err(Guard::Reference(field)) => return Ok(Stored::Missing(field)),
                Err(Guard::Name(at)) => {
                    let Some(name) = write.names().1.into_iter().nth(at) else {
                        return Ok(Stored::Lost);
                    };
                    match self.freed(&name.0, write.now).await? {
                        Freed::FromGone(owner) if gone_owner != Some((at, owner)) => {
                            gone_owner = Some((at, owner));
                        }
                        Freed::Now => race.again(&*self.entropy).await?,
                        _ => return Ok(Stored::Taken),
                    }
                }
            }
        }
    }

    async fn try_write_row(
        &self,
        write: Write<'_>,
        gone_owner: Option<(usize, CustomerId)>,
    ) -> Result<Verdict<Guard>, Failure> {
        let Write { kind, before, after, .. } = write;
        let Some(subject) = after.or(before) else { return Ok(Ok(())) };
        let owner = subject.customer_id;
        let mut tx = Transaction::new(self, Patience::Request);
        let by = i8::from(after.is_some()) - i8::from(before.is_some());
        tx = match by {
            0 => usage::pass(tx, Guard::Gate, owner, subject.id, write.statuses)?,
            by => usage::pass_counted(tx, (Guard::Gate, Guard::Full), owner, subject.id, kind, by)?,
        };
        let expected =
            before.map_or_else(|| Expr::new("attribute_not_exists(#id)"), |row| at_version(row.version));
        tx = match after {
            Some(row) => tx.put(Guard::Row, kind.table, item(kind, row)?, expected)?,
            None => tx.delete(Guard::Row, kind.table, row_key(owner, subject.id), expected)?,
        };
        tx = outbox::tell(tx, Guard::Row, write.note().as_ref())?;
        for Reference { table, id, field } in write.new_references() {
            let there = Expr::new("attribute_exists(#id)");
            tx = tx.check(Guard::Reference(field), table, row_key(owner, id), there)?;
        }
        let (held, wanted) = write.names();
        for (at, name) in wanted.iter().enumerate().filter(|(_, name)| !held.contains(name)) {
            let gone_owner = gone_owner.filter(|(of, _)| *of == at).map(|(_, gone)| gone);
            let claim = Claim { name: &name.0, owner, agent: None, gone_owner };
            tx = identifiers::claim(tx, Guard::Name(at), &claim)?;
        }
        for name in held.iter().filter(|name| !wanted.contains(name)) {
            tx = identifiers::release(tx, Guard::Row, &name.0, owner)?;
        }
        tx.run().await
    }
}

//! Writes to rows that customers own: with the customer's gate, its counts, the names that the row holds and what it leads to,
//! all or nothing.

use custodian_app::Failure;
use custodian_app::ports::{CreateResources, DeleteResources, Stored, UpdateResources, Written};
use custodian_domain::kinds::{Kind, Name};
use custodian_domain::note::Note;
use custodian_domain::resource::Reference;
use custodian_domain::{CustomerId, Resource, Status, Timestamp};

use crate::Store;
use crate::customers::Freed;
use crate::expr::Expr;
use crate::identifiers::{self, Claim};
use crate::resources::{at_version, item, row_key};
use crate::retry::{Patience, Race};
use crate::transaction::{Transaction, Verdict};
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

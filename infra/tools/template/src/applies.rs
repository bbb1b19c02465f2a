//! Decides which grants of its ports a function needs.

use crate::function::Function;
use crate::grant::{Grant, When};

pub(crate) fn applies(grant: &Grant, function: &Function) -> bool {
    match grant.when {
        When::Always => true,
        When::For(uses) => uses.iter().any(|of| function.settings.uses.contains(of)),
        When::Unless(of) => !function.settings.uses.contains(&of),
        When::Authenticated => function.authenticates(),
        When::Idempotent => function.is_idempotent(),
        When::CustomerNotRead => !function.is_of_own_account(),
        When::Kind(holds) => function.kind.is_some_and(holds),
        When::ForKind(of, holds) => function.settings.uses.contains(&of) && function.kind.is_some_and(holds),
        When::KindUnless(of, holds) => {
            !function.settings.uses.contains(&of) && function.kind.is_some_and(holds)
        }
        When::UnlessAny(uses) => !uses.iter().any(|of| function.settings.uses.contains(of)),
    }
}

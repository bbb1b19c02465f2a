//! The agent that a login token names. Clients of VoIPBIN's API read it from the token, without verifying the token.

use custodian_domain::agent::Address;
use custodian_domain::{Agent, AgentId, CustomerId, Permission, Timestamp};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// The maximum number of bytes of the claim, unless the names alone take more. Browsers store no cookie of more than 4096 bytes,
/// and base64 makes the claim a third longer.
const MAX_BYTES: usize = 2048;

/// What an agent may see of itself, as it was at the sign-in. Verification ignores it, so it decides nothing.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct AgentClaim<'a> {
    id: AgentId,
    customer_id: CustomerId,
    username: &'a str,
    name: &'a str,
    detail: &'a str,
    ring_method: &'a str,
    status: &'a str,
    #[serde(serialize_with = "known_bits")]
    permission: Permission,
    tag_ids: &'a [Uuid],
    addresses: &'a [Address],
    #[serde(serialize_with = "rfc3339")]
    tm_create: Timestamp,
    #[serde(serialize_with = "rfc3339")]
    tm_update: Timestamp,
    tm_delete: (),
}

impl<'a> AgentClaim<'a> {
    /// The claim of an agent. The detail, the tags and the addresses are each left empty if the claim would be too long with them.
    pub(crate) fn new(agent: &'a Agent) -> Self {
        let names = Self {
            id: agent.id,
            customer_id: agent.customer_id,
            username: &agent.username,
            name: &agent.name,
            detail: "",
            ring_method: &agent.ring_method,
            status: &agent.status,
            permission: agent.permission,
            tag_ids: &[],
            addresses: &[],
            tm_create: agent.tm_create,
            tm_update: agent.tm_update,
            tm_delete: (),
        };
        let with_tags = names.or_longer(Self { tag_ids: &agent.tag_ids, ..names });
        let with_addresses = with_tags.or_longer(Self { addresses: &agent.addresses, ..with_tags });
        with_addresses.or_longer(Self { detail: &agent.detail, ..with_addresses })
    }

    fn or_longer(self, longer: Self) -> Self {
        let length = serde_json::to_string(&longer).map_or(usize::MAX, |json| json.len());
        if length > MAX_BYTES { self } else { longer }
    }
}

fn known_bits<S: Serializer>(permission: &Permission, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(permission.known_bits())
}

fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn agent() -> Agent {
        let id = Uuid::from_u128(7);
        Agent::new(CustomerId(id), AgentId(id), "ann", Timestamp::from_micros(1_700_000_000_500_000))
    }

    fn address(number: usize) -> Address {
        let empty = String::new;
        Address {
            kind: "tel".to_owned(),
            target: format!("+1{number}"),
            target_name: empty(),
            name: empty(),
            detail: empty(),
        }
    }

    fn claim(agent: &Agent) -> Value {
        serde_json::to_value(AgentClaim::new(agent)).unwrap()
    }

    #[test]
    fn the_claim_has_the_shape_of_voipbins_api() {
        let mut agent = agent();
        agent.addresses = vec![address(1)];
        let id = "00000000-0000-0000-0000-000000000007";
        let shown = json!({
            "id": id, "customer_id": id, "username": "ann", "name": "ann", "detail": "", "ring_method": "ringall",
            "status": "offline", "permission": 32, "tag_ids": [],
            "addresses": [{ "type": "tel", "target": "+11", "target_name": "", "name": "", "detail": "" }],
            "tm_create": "2023-11-14T22:13:20.5Z", "tm_update": "2023-11-14T22:13:20.5Z", "tm_delete": null,
        });
        assert_eq!(claim(&agent), shown);
    }

    #[test]
    fn what_would_make_the_token_too_long_for_a_cookie_is_left_empty() {
        let mut agent = agent();
        agent.name = "\"".repeat(255);
        agent.username = "\\".repeat(255);
        agent.tag_ids = vec![Uuid::nil()];
        agent.addresses = (0..100).map(address).collect();
        agent.detail = "x".repeat(4096);
        let claim = claim(&agent);
        assert_eq!((&claim["name"], &claim["username"]), (&json!(agent.name), &json!(agent.username)));
        assert_eq!((&claim["tag_ids"], &claim["addresses"]), (&json!([Uuid::nil()]), &json!([])));
        assert_eq!(claim["detail"], "");
        assert!(claim.to_string().len() <= MAX_BYTES);
    }
}

//! Accounts on a bench, in the states that they begin in.

use custodian_app::ports::{Alarms, CreateCustomers, Creation, NewAccount};
use custodian_domain::alarm::Alarm;
use custodian_domain::{Agent, AgentId, Customer, CustomerId, Profile, State};

use crate::bench::Bench;
use crate::logs;

impl Bench {
    /// Opens an account, in any state that accounts begin in, without the cost of a password.
    pub async fn account(&self, name: &str, state: State) -> CustomerId {
        let now = self.cx.now();
        let id = || self.cx.sources.stamp(now).uuid();
        let (customer_id, guest_id) = (CustomerId(id()), AgentId(id()));
        let customer = Customer {
            id: customer_id,
            version: 1,
            epoch: 1,
            profile: Profile {
                name: format!("{name} Inc."),
                detail: format!("all about {name}"),
                email: format!("{name}@example.com"),
                phone_number: format!("+1-555-{name}"),
                address: format!("1 {name} street"),
                webhook_method: "POST".to_owned(),
                webhook_uri: format!("https://{name}.example.com/hook"),
            },
            pending_email: None,
            webhook_since: None,
            email_trusted_from: None,
            billing_account_id: uuid::Uuid::nil(),
            email_verified: state == State::Active,
            guest_id,
            freezes: 0,
            platform: false,
            plan: custodian_domain::Plan::default(),
            state,
            tm_create: now,
            tm_update: now,
        };
        let Profile { email, phone_number, address, .. } = &customer.profile;
        [email, phone_number, address].into_iter().for_each(|text| logs::secret(text));
        let admin = Agent::first_admin(customer_id, AgentId(id()), name, now);
        let guest = Agent::guest(customer_id, guest_id, now);
        if let Some(alarm) = Alarm::of(&customer) {
            self.cx.ends.arm(&alarm).await.unwrap();
        }
        let created = self.cx.store.create(&NewAccount { customer, admin, guest }).await.unwrap();
        assert_eq!(created, Creation::Done);
        customer_id
    }

    /// An active account.
    pub async fn active(&self, name: &str) -> CustomerId {
        self.account(name, State::Active).await
    }

    /// An account that waits for its verification for seven days.
    pub async fn initial(&self, name: &str) -> CustomerId {
        let verify_by = self.cx.now().plus(self.cx.settings.verify_within).rounded_up_to_second();
        self.account(name, State::Initial { verify_by }).await
    }
}

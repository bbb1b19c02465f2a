//! Accounts of a test app.

use custodian_app::ports::{CreateAccountOutcome, CreateCustomers, NewAccount, Scheduler};
use custodian_domain::scheduled_job::ScheduledJob;
use custodian_domain::{Agent, AgentId, Customer, CustomerId, Profile, State};

use crate::log_checks;
use crate::test_app::TestApp;

/// The usual password of people in the tests.
pub const PASSWORD: &str = "correct horse battery";

impl TestApp {
    /// Creates an account in the given state, without the cost of hashing a password.
    pub async fn create_account(&self, name: &str, state: State) -> CustomerId {
        let now = self.cx.now();
        let id = || self.cx.providers.id_seed(now).uuid();
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
            signup: None,
            webhook_since: None,
            webhook_event_types: Vec::new(),
            webhook_endpoints: Vec::new(),
            email_trusted_from: None,
            former_email: None,
            billing_account_id: uuid::Uuid::nil(),
            email_verified: state == State::Active,
            guest_id,
            freezes: 0,
            platform: false,
            plan: custodian_domain::Plan::default(),
            hold: None,
            state,
            tm_create: now,
            tm_update: now,
        };
        let Profile { email, phone_number, address, .. } = &customer.profile;
        [email, phone_number, address].into_iter().for_each(|text| log_checks::record_secret(text));
        let admin = Agent::new(customer_id, AgentId(id()), name, now);
        let guest = Agent::guest(customer_id, guest_id, now);
        for scheduled_job in ScheduledJob::of(&customer, &self.cx.settings.reminder_days) {
            self.cx.services.schedule(&scheduled_job).await.unwrap();
        }
        let created = self.cx.store.create(&NewAccount { customer, admin, guest }).await.unwrap();
        assert_eq!(created, CreateAccountOutcome::Done);
        customer_id
    }

    /// An active account.
    pub async fn active_account(&self, name: &str) -> CustomerId {
        self.create_account(name, State::Active).await
    }

    /// An account with seven days left for its verification.
    pub async fn initial_account(&self, name: &str) -> CustomerId {
        let verify_by = self.cx.now().plus(self.cx.settings.verify_within).rounded_up_to_second();
        self.create_account(name, State::Initial { verify_by }).await
    }
}

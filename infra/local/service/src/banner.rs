//! The banner that the local service prints when it starts. Scripts read the address from the first line.

use std::path::absolute;

use crate::service::{Admin, AdminPassword, Service};

impl Service {
    /// Prints the address, the platform admin, and where everything is.
    #[expect(clippy::print_stdout, reason = "the command prints this")]
    pub fn print_banner(&self) {
        let base = format!("http://127.0.0.1:{}", self.port());
        println!("Custodian on {base}");
        println!("  start page:     {base}/");
        println!("  platform admin: {}", admin_text(self.admin()));
        println!("  mails:          {base}/_local/mailbox");
        println!("  events:         {base}/_local/events");
        println!("  API reference:  {base}/docs");
        println!("  data:           {}", self.data_text());
        if let AdminPassword::SetEarlier { is_also_on_command_line: true } = self.admin().password {
            tracing::warn!(
                "--admin-password changes nothing, because the data has a platform admin already. To change the password, \
                 sign in as the platform admin and send PUT /v1.0/agents/<id>/password; GET /v1.0/me shows the id. To start \
                 anew, choose another folder with --data."
            );
        }
    }

    /// Where the data is, and if that is memory, how long it stays.
    pub(crate) fn data_text(&self) -> String {
        match self.data_folder() {
            Some(folder) => absolute(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string(),
            None => "in memory, lost when the process ends (--ephemeral)".to_owned(),
        }
    }
}

fn admin_text(admin: &Admin) -> String {
    let Admin { username, password } = admin;
    match password {
        AdminPassword::Generated(password) => {
            format!("{username}  password: {}  (not shown again)", password.expose())
        }
        AdminPassword::FromCommandLine => format!("{username}  password: that of --admin-password"),
        AdminPassword::SetEarlier { .. } => {
            "unchanged since the first start with this data folder".to_owned()
        }
    }
}

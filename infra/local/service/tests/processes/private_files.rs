//! Only the user who runs the service can read the data folder, also without a umask.

use std::fs::{Permissions, create_dir, read_dir, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::process::{PASSWORD, Process, new_folder};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Fails the test if another user can use the folder or a file in it. Returns the names of the files.
fn assert_private(folder: &Path) -> Vec<String> {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    let mut names = Vec::new();
    for entry in read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_user_can_read_the_data_without_a_umask() {
    let folder = new_folder("private");
    let process = Process::start_without_umask(&folder);
    let (id, _) = process.create_account("zaphod").await;
    let expected =
        ["ends.db", "ends.db-shm", "ends.db-wal", "lock", "tables.db", "tables.db-shm", "tables.db-wal"];
    assert_eq!(assert_private(&folder), expected);
    let admin_token = process.login_as_platform_admin().await;
    process.send("DELETE", &format!("/v1.0/customers/{id}"), &admin_token, json!({})).await;
    process.post("/_local/idle", "", json!({})).await;
    assert_eq!(assert_private(&folder), expected, "the rewritten files are as private");
    assert!(!process.log().contains("other users"), "{}", process.log());
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_folder_with_wider_rights_is_tightened_and_the_log_says_so() {
    let folder = new_folder("wide");
    let process = Process::start_with_password(&folder);
    process.create_account("zaphod").await;
    process.kill();
    for entry in read_dir(&folder).unwrap() {
        set_permissions(entry.unwrap().path(), Permissions::from_mode(0o664)).unwrap();
    }
    set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();

    let process = Process::start_without_umask(&folder);
    let names = assert_private(&folder);
    let log = process.log();
    for path in names.iter().map(|name| folder.join(name)).chain([folder.clone()]) {
        assert!(log.contains(&format!("could use {} ", path.display())), "{}: {log}", path.display());
    }
    process.login("zaphod").await;
    process.kill();
    let process = Process::start_without_umask(&folder);
    assert!(!process.log().contains("could use"), "the second start has nothing to tighten");
    process.kill();
}

#[test]
fn a_folder_that_all_users_share_is_refused_and_keeps_its_rights() {
    let folder = new_folder("shared-by-all");
    create_dir(&folder).unwrap();
    write(folder.join("other"), "").unwrap();
    set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_custodian"));
    command.args(["--port", "0", "--admin-password", PASSWORD, "--data"]).arg(&folder);
    let output = command.output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("all users share"), "{output:?}");
    assert_eq!((mode(&folder), read_dir(&folder).unwrap().count()), (0o777, 1));
}

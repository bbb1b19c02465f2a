//! One endpoint that takes its time is nobody else's trouble.

use serde_json::json;

use crate::{Receiver, Reply, deliveries, hooked, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_delays_nobody_else() {
    let (client, hanging, prompt) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &hanging).await;
    let (_, bob) = hooked(&client, "bob", &prompt).await;
    hanging.usually(Reply::Never);
    for number in 0..20 {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    hanging.arrived(20).await;
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    prompt.arrived(1).await;
    assert_eq!(prompt.take()[0].json()["data"]["name"], "bob's");
    let shown = bob.get("/v1.0/customer/webhook").await.ok();
    assert_eq!(shown["state"], "active", "and everything else works meanwhile");
    hanging.release();
    let told = deliveries(&ann).await;
    let tags = told.iter().filter(|delivery| delivery["type"] == "tag_created");
    assert_eq!(tags.filter(|delivery| delivery["status"] == "succeeded").count(), 20);
}

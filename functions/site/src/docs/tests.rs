//! Every page is complete, and the description is the one in `docs`.

use custodian_app::context::Brand;

use super::description::{Description, plain};
use super::{index, operation, webhook_payloads};

#[test]
fn the_embedded_description_is_the_document() {
    assert_eq!(plain(), include_bytes!("../../../../docs/openapi.json"));
}

#[test]
fn the_index_links_every_operation_and_its_page_shows_it() {
    let description = Description::get();
    let index = index::content(description);
    let mut count = 0;
    for tag in description.tags() {
        let page = operation::page(description, &tag);
        for operation in description.operations(tag.name) {
            let id = operation.id();
            count += 1;
            assert!(index.contains(&format!("href=\"/docs/{}#{id}\"", tag.name)), "{id}");
            let section = page.split_once(&format!("<section aria-labelledby=\"{id}\">")).unwrap().1;
            let section = section.split_once("</section>").unwrap().0;
            for part in ["With curl", "Reasons for which it fails", "<h3>Response ", "<h3>Parameters</h3>"] {
                assert!(section.contains(part), "{id} has no {part}");
            }
            let has_body = !operation.value["requestBody"].is_null();
            assert_eq!(section.contains("<h3>Body</h3>"), has_body, "{id}");
            assert!(!section.contains("list of: ,") && !section.contains("<span>,"), "{id}");
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn limits_units_and_choices_are_in_words() {
    let description = Description::get();
    let page = |name: &str| operation::page(description, &description.tag(name).unwrap());
    let queues = page("queues");
    assert!(
        queues.contains("in milliseconds") && queues.contains("integer from 0 to 9007199254740991"),
        "{queues}"
    );
    assert!(queues.contains("text, at most 255 bytes or null"));
    assert!(page("agents").contains("8 to 128 characters"));
    assert!(page("trunks").contains("<code>basic</code>, <code>ip</code>"));
}

#[test]
fn every_webhook_is_listed() {
    let description = Description::get();
    let page = webhook_payloads::content(description);
    for (event_type, _) in description.webhooks() {
        assert!(page.contains(&format!("<li><code>{event_type}</code>: ")), "{event_type}");
    }
}

#[test]
fn an_unknown_page_is_missing() {
    let shown = format!("{:?}", super::page(&Brand::default(), Some("nonsense")));
    assert!(shown.contains("status: 404") && shown.contains("This page does not exist"), "{shown}");
}

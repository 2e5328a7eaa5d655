//! What the page promises: data is text, nothing is loaded, nothing runs.

use super::*;

#[test]
fn the_policy_allows_this_style_and_no_other() {
    use base64::Engine;

    let hash = ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert_eq!(STYLE_HASH, hash, "type this as STYLE_HASH in src/render/html.rs: {hash}");
}

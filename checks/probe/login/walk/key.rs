//! The API key of Qlik Cloud: proves network, tenant and user, and nothing of Desktop's own login.

use hyper::Method;
use hyper::header::AUTHORIZATION;

use super::super::desk::Turn;
use super::super::guard::Letter;
use super::super::secret::Secret;
use super::{End, Walk, wiped};
use crate::{LoginMethod, StepKind};

/// Where a tenant tells who the owner of a key is. It leads on to the user's own address.
const ME: &str = "/api/v1/users/me";

/// One redirect is documented.
const HOPS: usize = 3;

impl Walk<'_> {
    pub(super) async fn with_key(&mut self, key: &Secret, turn: &mut Turn<'_>) -> Result<(), End> {
        self.seen.method = Some(LoginMethod::ApiKey);
        let mut url = self.home.clone();
        url.set_path(ME);
        url.set_query(None);
        for _ in 0..=HOPS {
            let bearer = wiped(&["Bearer ", key.expose()]);
            let letter = Letter::new(Method::GET).with(AUTHORIZATION, bearer);
            let hop = self.send_secret(StepKind::User, &url, letter, turn).await?;
            match (hop.status(), hop.next()) {
                (200, _) => return Ok(()),
                (401, _) => return Err(End::Rejected),
                // To another host the key does not go.
                (_, Some(next)) if next.origin() == url.origin() => url = next,
                _ => return Err(End::Unclear),
            }
        }
        Err(End::Unclear)
    }
}

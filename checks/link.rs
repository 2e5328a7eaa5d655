//! The authentication link: is it whole, and does it lead to a usable hub address?

mod grammar;
mod inspect;
mod make;
mod mangling;
mod secret;
mod wrapper;

pub(crate) use grammar::is_whole;
pub(crate) use inspect::find_link;
pub use inspect::{Edit, Fit, Inspection, TextKind, inspect};
pub use make::{LONGEST_NAME, MakeError, compose, hubs_ini, make};
pub use mangling::Mangling;
pub(crate) use mangling::without_white_space;
pub(crate) use secret::{holds_secret, shown, shown_junk, shown_line};

use hublink_probe::Scheme;

use secret::MASK;

use crate::address::{AddressDefect, is_login_page};
use crate::frame::{
    AGAIN_AS_NAMED, Case, Cause, Check, Confidence, Context, Meta, Owner, Proof, Severity, Verify,
    cause, fallback, passed,
};
use crate::hubs_file::HubsFile;

/// Whether the link is whole and leads to a usable address.
pub struct Link;

impl Check for Link {
    type Evidence = Inspection;

    const META: Meta = Meta {
        id: "link",
        title: "the link is whole and leads to a usable address",
        docs: "Qlik Sense Desktop learns of a hub by an authentication link: its address, a friendly \
               name, and a check value made of both. The check computes that value again. It has \
               no key: it shows damage, not forgery, and it does not see a change of letter case. \
               A link that mail or chat programs have damaged is repaired if the check value then \
               fits. Nothing is sent over the network.",
        needs: &[passed::<HubsFile>()],
    };

    const CAUSES: &'static [Cause<Inspection>] = CAUSES;

    async fn probe(cx: &Context) -> Inspection {
        let seen = cx.target.text.clone().unwrap_or_else(|| inspect(""));
        Inspection { loopback_allowed: cx.world.policy().loopback_allowed, ..seen }
    }
}

const RECIPE: &str = "the recipe of the check value in Qlik's web client of June 2019";
const HELP: &str = "Qlik help, Configuring client authentication (April 2018, May 2023)";

const NEW_LINK: &[Verify] = &[
    Verify {
        command: "hublink link inspect -",
        expect: "finds nothing wrong with the new link, pasted as it was sent",
    },
    AGAIN_AS_NAMED[0],
];

const CAUSES: &[Cause<Inspection>] = &[
    Cause {
        title: "The text is not a Desktop authentication link.",
        explain: "Links of other kinds, such as those for Qlik's mobile app, look similar but are \
                  not understood by Qlik Sense Desktop.",
        remedy: &["Ask for the client authentication link; it starts with \
                   qliksense://enterpriseurl?"],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        look_alikes: &["a plain http or https address, which is taken as the address of a hub"],
        see: &[RECIPE, "qliksenselink:// and qlik:// are links of the mobile app (one source)"],
        ..cause("link/wrong-scheme", wrong_scheme)
    },
    Cause {
        title: "A mail or chat program changed the link on its way to you.",
        explain: "Programs that pass a link on often break it: they write its characters in \
                  another way, wrap it over several lines, put the address of a protection service \
                  around it, or cut its end. Desktop cannot use it then. The link's check value \
                  proves what the link was before.",
        remedy: &["Copy the link again as plain text, or ask for it in a text file.", "<repaired>"],
        verify: NEW_LINK,
        owner: Owner::You,
        look_alikes: &[
            "a link that somebody edited: no undoing makes its check value fit",
            "a link of a newer version",
        ],
        see: &[RECIPE],
        suppresses: &["link/signature-mismatch", "link/unknown-variant"],
        ..cause("link/damaged-in-transit", damaged_in_transit)
    },
    Cause {
        title: "The hub's address cannot be used from your computer.",
        explain: "A link is made from the host URI that an administrator typed in the management \
                  console. It must be the address that takes users to the login page of the server, \
                  with http:// or https:// in front. The same holds for an address that you type \
                  yourself.",
        remedy: &["<correction>"],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        look_alikes: &[
            "an underscore, letters of other scripts, a name without a dot or an IP address: all \
             of them work",
        ],
        see: &[HELP, "the host URI's pattern and length in Qlik's web client", "RFC 3986"],
        ..cause("link/bad-hub-address", bad_hub_address)
    },
    Cause {
        title: "The link's check value does not fit its address and name: somebody edited it, or \
                another program made it.",
        explain: "The management console adds a check value made of the address and the name. \
                  Whether Desktop refuses a link with another one is unconfirmed, so the address \
                  in it is examined all the same.",
        remedy: &["Ask your Qlik admin to generate the link for <host> again."],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        severity: Severity::Degrades,
        look_alikes: &[
            "damage in transit: an undoing would make the check value fit",
            "a change of letter case, which the check value does not see",
            "a link of a newer version, whose check value is not judged",
        ],
        see: &[RECIPE, "its effect on Desktop is unconfirmed"],
        ..cause("link/signature-mismatch", signature_mismatch)
    },
    Cause {
        title: "The link is of a kind this tool does not know.",
        explain: "Its version, its action or one of its parameters is not one that hublink has \
                  seen. A newer Qlik Sense may write such links; the check value is not judged.",
        remedy: &[
            "Try the link in Desktop; if Desktop refuses it too, ask your Qlik admin for a new one.",
        ],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        severity: Severity::Informs,
        look_alikes: &["a damaged link, whose check value fits after an undoing"],
        see: &[RECIPE],
        ..cause("link/unknown-variant", unknown_variant)
    },
    Cause {
        title: "The hub's address uses unprotected http, which Qlik Sense Enterprise has switched off by \
                default.",
        explain: "Without https everybody on the way can read the login. hublink never sends a \
                  password over http. The server may redirect to https, and then all is well.",
        remedy: &["<https>"],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        severity: Severity::Informs,
        look_alikes: &["port 80 redirects to https on the same host"],
        see: &["`allowHttp` is off by default in Qlik's web client of June 2019"],
        ..cause("link/plain-http", plain_http)
    },
    Cause {
        title: "The address opens the management console, an app or a stored login page instead \
                of the hub.",
        explain: "The address should be the one that takes users to the login page. Whether \
                  Desktop copes with a path behind it is unconfirmed.",
        remedy: &["<other address>"],
        verify: NEW_LINK,
        owner: Owner::QlikAdmin,
        confidence: Confidence::Possible,
        severity: Severity::Informs,
        look_alikes: &["the path of a virtual proxy, or /hub behind it"],
        see: &[HELP, "the effect of a path in the host URI is unconfirmed"],
        ..cause("link/points-at-other-page", points_at_other_page)
    },
    Cause { verify: NEW_LINK, ..fallback("link/unexplained", unexplained) },
];

fn wrong_scheme(seen: &Inspection, _: &Case) -> Option<Proof> {
    let scheme = seen.scheme.as_deref()?;
    match seen.kind {
        TextKind::Url if scheme != "http" && scheme != "https" => {
            Some(Proof::default().compared("scheme", "qliksense", scheme))
        }
        TextKind::Link if !seen.truncated && !seen.is_authentication_link() => {
            let authority = seen.authority.as_deref().unwrap_or_default();
            let proof = Proof::default();
            (seen.repaired.is_none())
                .then(|| proof.compared("what follows qliksense://", "enterpriseurl", authority))
        }
        _ => None,
    }
}

fn damaged_in_transit(seen: &Inspection, _: &Case) -> Option<Proof> {
    if seen.kind != TextKind::Link {
        return None;
    }
    let proof = Proof::seen("text", &seen.text);
    if let Some(link) = &seen.repaired {
        let proof = seen.mangling.iter().fold(proof, |p, m| p.and("undone", m.label()));
        return Some(
            proof
                .compared("link", link, &seen.text)
                .not("link/signature-mismatch: the check value fits after undoing the damage")
                .value("repaired", repaired_link(link)),
        );
    }
    let asked_again = "If the link comes out the same, ask your Qlik admin to generate it again.";
    let proof = proof.value("repaired", asked_again).at_most(Confidence::Likely);
    if seen.truncated {
        let given = seen.signature_given.as_deref().unwrap_or_default();
        return Some(proof.compared("digits of the check value", 64, given.len()));
    }
    // A link inside the address of a protection service, or inside other text.
    seen.scheme.is_none().then(|| proof.compared("beginning", "qliksense://", head(&seen.text)))
}

fn repaired_link(link: &str) -> String {
    if link.contains(MASK) {
        // Copied from here it would not work, and the whole one has to stay out of reports.
        return format!("This is the link as it was, without what is secret in it: {link}");
    }
    format!("This is the link as it was: {link}")
}

fn head(text: &str) -> String {
    text.chars().take(40).collect()
}

fn bad_hub_address(seen: &Inspection, _: &Case) -> Option<Proof> {
    let wrong: Vec<&AddressDefect> = seen
        .address_defects
        .iter()
        .filter(|&&defect| defect != AddressDefect::Loopback || !seen.loopback_allowed)
        .collect();
    if wrong.is_empty() {
        return None;
    }
    let (at, owner, correction) = if seen.kind == TextKind::Link {
        (
            "address in the link",
            Owner::QlikAdmin,
            "Ask your Qlik admin to set the link's host URI to https:// and the full name of the \
             server, and to generate the link again.",
        )
    } else {
        (
            "address that was named, without a link",
            Owner::You,
            "Correct the address you typed, or the one in the file: https:// and the full name of \
             the server, as your browser shows it when you open the hub.",
        )
    };
    let proof = Proof::seen(at, seen.url.as_deref().unwrap_or_default())
        .value("correction", correction)
        .owner(owner);
    Some(wrong.into_iter().fold(proof, |proof, defect| proof.and("the address", defect)))
}

fn signature_mismatch(seen: &Inspection, _: &Case) -> Option<Proof> {
    if seen.signature_matches != Some(false) {
        return None;
    }
    let computed = seen.signature_computed.as_deref().unwrap_or_default();
    let given = seen.signature_given.as_deref().unwrap_or_default();
    let mut proof = Proof::default()
        .compared("check value", computed, given)
        .not("link/damaged-in-transit: no undoing makes the check value fit");
    if let Some(fit) = &seen.signature_fits {
        let name = fit.name.as_deref().unwrap_or("no name");
        proof = proof
            .and("the check value fits", format!("{} with {name}", fit.url))
            .and("so it seems that", fit.edit.label());
    }
    let address = seen.url.as_deref().unwrap_or_default();
    Some(proof.value("host", seen.hub.as_ref().map_or(address, |hub| &hub.host)))
}

fn unknown_variant(seen: &Inspection, _: &Case) -> Option<Proof> {
    if !seen.is_unknown_variant() {
        return None;
    }
    let or_none = |part: &Option<String>| part.clone().unwrap_or_else(|| "none".to_owned());
    let proof = Proof::default().compared("version", "0.1", or_none(&seen.version)).compared(
        "action",
        "add",
        or_none(&seen.action),
    );
    let unknown = &seen.unknown_parameters;
    Some(unknown.iter().fold(proof, |proof, key| proof.and("unknown parameter", key)))
}

fn plain_http(seen: &Inspection, _: &Case) -> Option<Proof> {
    let hub = seen.hub.as_ref().filter(|hub| hub.scheme == Scheme::Http)?;
    let host = &hub.host;
    let step = if seen.kind == TextKind::Link {
        format!("Ask your Qlik admin for a link whose address starts with https://{host}.")
    } else {
        format!("Name the hub by https://{host}, if your Qlik admin has set that up.")
    };
    Some(Proof::default().compared("scheme", "https", "http").value("https", step))
}

fn points_at_other_page(seen: &Inspection, _: &Case) -> Option<Proof> {
    let hub = seen.hub.as_ref()?;
    let path = hub.path.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let elsewhere = segments.iter().any(|s| matches!(*s, "qmc" | "dev-hub") || is_login_page(s))
        || segments.windows(2).any(|pair| pair == ["sense", "app"]);
    let prefix = hub.prefix.as_deref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
    elsewhere.then(|| {
        let address = format!("{}{prefix}", hub.origin());
        let step = if seen.kind == TextKind::Link {
            format!("Ask your Qlik admin to use {address} as host URI.")
        } else {
            format!("Name the hub by {address}.")
        };
        Proof::seen("path", &hub.path).value("other address", step)
    })
}

fn unexplained(seen: &Inspection, _: &Case) -> Option<Proof> {
    seen.hub.is_none().then(|| Proof::seen("text", &seen.text))
}

#[cfg(test)]
mod tests {
    use super::grammar::tests::VECTORS;
    use super::*;
    use crate::frame::{Diagnosis, judge};

    fn causes(seen: &Inspection) -> Vec<Diagnosis> {
        judge(CAUSES, seen, &Case::default())
    }

    fn ids(text: &str) -> Vec<String> {
        causes(&inspect(text)).into_iter().map(|cause| cause.id).collect()
    }

    #[test]
    fn a_cut_link_is_likely_damaged() {
        let found = causes(&inspect(&VECTORS[0].2[..150]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "link/damaged-in-transit");
        assert_eq!(found[0].confidence, Confidence::Likely);
        // What is left where a shell takes `&` as its own.
        assert_eq!(ids("qliksense://enterpriseurl?action=add"), ["link/damaged-in-transit"]);
    }

    #[test]
    fn a_repaired_link_is_shown_with_its_remedy() {
        let link = VECTORS[0].2;
        let found = causes(&inspect(&format!("<{link}>")));
        assert_eq!(found[0].confidence, Confidence::Certain);
        assert!(found[0].remedy.iter().any(|step| step.ends_with(link)));
    }

    #[test]
    fn no_secret_stands_in_the_evidence_or_its_causes() {
        let url = "https://anna:S3cretPw@hub.corp.test/vp/?qlikTicket=TICK123";
        let link = compose(url, Some("A"));
        let masked_proofpoint = link.replace('-', "-2D").replace('%', "-25").replace(':', "-3A");
        for text in [
            url.to_owned(),
            url.replace("://", ":\\\\"),
            url[8..].to_owned(),
            url.replace("https", "ftp"),
            url.replace("S3cret", "S3/cret"),
            url.replace("https://anna:S3cretPw@", "https://"),
            link.clone(),
            compose(&url[8..], None),
            link.replace("https%3A%2F%2F", "anna%3AS3cretPw%40"),
            link.replace('&', "&amp;"),
            link.replace("signature=", "signature=0"),
            link.replace("%2Fvp%2F", ""),
            link.replace("&name=A", ""),
            link.replace("version", "anna:S3cretPw@x&version"),
            link.replace("3cret", "3\r\ncret").replace("CK12", "C\nK12"),
            link.replace("enterpriseurl", "anna:S3cretPw@enterpriseurl"),
            percent_encoding::percent_decode_str(&link).decode_utf8_lossy().into_owned(),
            link.replace('%', "%25"),
            link[..link.find("%40hub").expect("it is there")].replace("anna", ""),
            format!("https://p.example/?u={}", link.replace('%', "%25")),
            format!("https://urldefense.proofpoint.com/v2/url?u={masked_proofpoint}&d=x"),
        ] {
            let seen = inspect(&text);
            let found = causes(&seen);
            let all = [
                serde_json::to_string(&seen).expect("plain data"),
                serde_json::to_string(&found).expect("plain data"),
                format!("{seen:?} {found:?} {}", seen.label()),
            ];
            for secret in ["anna", "S3", "cretPw", "TIC", "K123"] {
                assert!(all.iter().all(|part| !part.contains(secret)), "{secret} {text}: {all:#?}");
            }
        }
        assert!(inspect(&link).is_whole_link(), "the check value is that of the whole text");
        let repaired = inspect(&link.replace('&', "&amp;"));
        assert_eq!(repaired.mangling, [Mangling::HtmlAmpersand]);
    }

    #[test]
    fn a_path_to_probe_ends_before_what_is_secret() {
        let hub = |text: &str| inspect(text).hub.map(|hub| (hub.prefix, hub.path));
        let expected = Some((Some("vp".to_owned()), "/vp/".to_owned()));
        for rest in ["?qlikTicket=T", "%3FqlikTicket%3DT", "ticket=T/x", "#token=T"] {
            assert_eq!(hub(&format!("https://h/vp/{rest}")), expected, "{rest}");
        }
    }

    #[test]
    fn nobody_is_blamed_for_an_address_that_was_typed() {
        for text in ["https://qlik 1", "qlik 1"] {
            let found = causes(&inspect(text));
            assert_eq!(found[0].id, "link/bad-hub-address");
            assert_eq!(found[0].owner, Owner::You);
            assert!(found[0].remedy[0].starts_with("Correct the address you typed"));
            let told = serde_json::to_string(&(&found[0].proof, &found[0].remedy));
            assert!(!told.expect("plain data").contains("admin"));
        }
        let found = causes(&inspect(&compose("https://qlik 1", None)));
        assert!(found[0].remedy[0].contains("Qlik admin"));
        for text in ["http://qlik1", "https://qlik1/qmc"] {
            for cause in causes(&inspect(text)) {
                let all = format!("{} {:?}", cause.title, cause.remedy);
                assert!(!all.contains("link"), "{all}");
            }
        }
    }

    #[test]
    fn loopback_is_a_defect_unless_it_is_allowed() {
        let mut seen = inspect(&compose("https://localhost:8443", None));
        assert_eq!(causes(&seen)[0].id, "link/bad-hub-address");
        seen.loopback_allowed = true;
        assert_eq!(causes(&seen), []);
    }

    #[test]
    fn independent_causes_are_all_named() {
        let edited = VECTORS[3].2.replace("qlik1", "qlik2");
        assert_eq!(ids(&edited), ["link/signature-mismatch", "link/plain-http"]);
        assert_eq!(
            ids(&compose("http://u@qlik 1/qmc", None).replace("action=add", "action=edit")),
            ["link/bad-hub-address", "link/unknown-variant"]
        );
        assert_eq!(ids("qliksense://somethingelse?a=b"), ["link/wrong-scheme"]);
    }

    #[test]
    fn a_variant_without_an_address_is_left_unexplained() {
        let found = ids("qliksense://enterpriseurl?action=add&tenant=x&version=0.2&signature=1");
        assert_eq!(found, ["link/unexplained", "link/unknown-variant"]);
    }

    #[test]
    fn a_login_page_in_the_link_is_told() {
        let link = compose("https://q/finance/internal_windows_authentication/?targetId=1", None);
        let found = causes(&inspect(&link));
        assert_eq!(found[0].id, "link/points-at-other-page");
        assert!(found[0].remedy[0].contains("https://q/finance "), "{:?}", found[0].remedy);
    }
}

//! Words that say nothing of anybody.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

/// What a text is, which decides the words that stay in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    /// A fingerprint or another row of digits.
    Digits,
    /// A distinguished name, or a common name.
    Dn,
    /// Bytes in hexadecimal that may be text.
    Hex,
    /// A host, perhaps with a port.
    Host,
    /// A link or a line of a file with links.
    Link,
    /// A name that somebody gave.
    Name,
    /// Words of programs, by which nobody is known.
    Nothing,
    /// A path in a file system or of a URL.
    Path,
    /// Anything else.
    Text,
}

impl Class {
    /// The word of the schema, `x-identifies`.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "digits" => Self::Digits,
            "dn" => Self::Dn,
            "hex" => Self::Hex,
            "host" => Self::Host,
            "link" => Self::Link,
            "name" => Self::Name,
            "nothing" => Self::Nothing,
            "path" => Self::Path,
            "text" => Self::Text,
            _ => return None,
        })
    }

    /// The words that stay in a text of this class; `None`: those of the public vocabulary.
    pub(super) fn own_words(self) -> Option<&'static str> {
        match self {
            Self::Dn => Some(DN),
            Self::Host => Some(""),
            Self::Name => Some(NAME),
            Self::Link => Some(LINK),
            Self::Path => Some(PATH),
            Self::Digits | Self::Hex | Self::Nothing | Self::Text => None,
        }
    }
}

/// Parts of distinguished names, and what issuers call themselves.
const DN: &str = "c cn o ou l s st dc e emailaddress serialnumber street postalcode uid \
    ca root issuing intermediate authority certificate certification class tls ssl rsa ecc ecdsa \
    sha sha1 sha256 sha384 domain extended organization validation server client web global trust \
    g1 g2 g3 g4 g5 ca1 ca2 ca3 r1 r3 r4 r10 r11 r12 r13 e1 e5 e6 e7 e8 x1 x2 localhost qlik qlikproxy \
    secure signing services inc ltd";

/// The directories of users that every Qlik Sense server has.
const NAME: &str = "none internal";

/// The grammar of links and of files that hold them.
const LINK: &str = "qliksense enterpriseurl url name action version signature addlink login http https \
    hubs hub ini qlik sense server desktop authenticate authentication 2f 3a 20 ftp file ws wss \
    localhost";

/// Folders and files that every computer has, and paths that every hub has.
const PATH: &str = "users user home documents appdata local roaming program files windows system32 drivers \
    etc hosts hubs ini qlik sense desktop hub qps qmc api v1 about system info login ssl certs pem crt \
    private var usr opt srv tmp onedrive c d standard input form index html htm saml oidc authn \
    internal windows_authentication internal_windows_authentication internal_forms_authentication";

/// Names of the public, which stay wherever they stand: authorities that everybody trusts.
pub(super) const PHRASES: &[&str] = &[
    "Actalis",
    "Amazon RSA",
    "Amazon Root",
    "Baltimore CyberTrust",
    "Buypass",
    "Certum",
    "Cloudflare",
    "COMODO",
    "DigiCert",
    "Entrust",
    "GeoTrust",
    "GlobalSign",
    "Go Daddy",
    "GoDaddy",
    "Google Trust Services",
    "GTS Root",
    "HARICA",
    "IdenTrust",
    "Internet Security Research Group",
    "ISRG",
    "Let's Encrypt",
    "Microsoft Azure",
    "QuoVadis",
    "RapidSSL",
    "Sectigo",
    "SSL Corporation",
    "Starfield",
    "SwissSign",
    "T-TeleSec",
    "Telia",
    "Thawte",
    "The USERTRUST Network",
    "USERTrust",
    "VeriSign",
    "ZeroSSL",
];

/// Words of protocols, pages and products that no table of causes happens to use.
const PUBLIC: &str = include_str!("public.txt");

/// The words of everybody: those of the tables of causes, of the report's own shape, and of a list.
pub(super) fn vocabulary() -> &'static BTreeSet<String> {
    static WORDS: OnceLock<BTreeSet<String>> = OnceLock::new();
    WORDS.get_or_init(collected)
}

fn collected() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    add(&mut words, PUBLIC);
    for check in hublink_checks::tables() {
        let meta = check.meta();
        let mut texts = vec![meta.id, meta.title, meta.docs];
        for cause in check.causes() {
            texts.extend([cause.id, cause.title, cause.explain]);
            texts.extend(cause.remedy.iter().chain(cause.look_alikes).chain(cause.see));
        }
        for text in texts {
            add(&mut words, text);
        }
    }
    add_shape(&mut words, crate::shape::root());
    words
}

/// The words of a text, and its runs with dots, such as the names of files and public hosts.
fn add(words: &mut BTreeSet<String>, text: &str) {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    for run in text.split(|c| !inside(c)) {
        let run = run.trim_matches(['.', '-', '_']).to_lowercase();
        if run.is_empty() {
            continue;
        }
        words.extend(run.split(['.', '-', '_']).filter(|word| !word.is_empty()).map(str::to_owned));
        words.insert(run);
    }
}

/// The words of a schema that a report holds: names of fields and closed vocabularies.
fn add_shape(words: &mut BTreeSet<String>, schema: &Value) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("properties", Value::Object(fields)) => {
                        fields.keys().for_each(|name| add(words, name));
                    }
                    ("const", Value::String(word)) => add(words, word),
                    ("enum", Value::Array(list)) => {
                        list.iter().filter_map(Value::as_str).for_each(|word| add(words, word));
                    }
                    _ => {}
                }
                add_shape(words, value);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| add_shape(words, value)),
        _ => {}
    }
}

//! What Windows says of this computer about Desktop: whether it is installed, who opens its links,
//! what browsers and the system's own encryption are told. Nothing of it exists elsewhere.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The scheme of Desktop's links.
pub(crate) const LINK_SCHEME: &str = "qliksense";

/// What was read of this computer. What could not be read is missing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Computer {
    /// The release of the system.
    pub system: System,
    /// Where the user's documents are.
    pub documents: Documents,
    /// Desktop, as far as it is installed.
    pub desktop: Desktop,
    /// Who opens links of Desktop.
    pub links: LinkOpeners,
    /// The browser, and what it is told about such links.
    pub browser: Browser,
    /// What programs are told that leave encryption to the system.
    pub encryption: Encryption,
    /// What the computer and its user belong to.
    pub membership: Membership,
}

/// The release of the system.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct System {
    /// Its name. Windows 11 calls itself Windows 10 there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub product: Option<String>,
    /// The release, such as `23H2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub release: Option<String>,
    /// The number of the build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<u32>,
    /// The number of the last update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// Whether it is a server's Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<bool>,
}

/// The first build of Windows 11, which keeps the name of its predecessor.
const WINDOWS_11: u32 = 22_000;

/// The first build whose own encryption has TLS 1.3 (Windows Server 2022; of the clients Windows 11).
const HAS_TLS_1_3: u32 = 20_348;

impl System {
    /// Whether the system's own encryption has TLS 1.3; not known without the build.
    #[must_use]
    pub fn has_tls_1_3(&self) -> Option<bool> {
        self.build.map(|build| build >= HAS_TLS_1_3)
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = self.product.as_deref().unwrap_or("Windows");
        let is_11 = self.server != Some(true) && self.build.is_some_and(|b| b >= WINDOWS_11);
        match product.strip_prefix("Windows 10") {
            Some(edition) if is_11 => write!(f, "Windows 11{edition}")?,
            _ => f.write_str(product)?,
        }
        if let Some(release) = &self.release {
            write!(f, " {release}")?;
        }
        match (self.build, self.revision) {
            (Some(build), Some(revision)) => write!(f, " (build {build}.{revision})"),
            (Some(build), None) => write!(f, " (build {build})"),
            _ => Ok(()),
        }
    }
}

/// Where the user's documents are.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Documents {
    /// The known folder, which Desktop reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "path"))]
    pub folder: Option<String>,
    /// The folder of that name in the user's profile, which is another one if it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "path"))]
    pub profile_folder: Option<String>,
    /// Whether the two are one; not if a policy, a language or `OneDrive` moved the known folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<bool>,
    /// Whether the known folder lies within that of `OneDrive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_one_drive: Option<bool>,
}

/// Desktop, as far as it is installed.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Desktop {
    /// What the system lists under installed programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub installed: Vec<Installed>,
    /// Its programs in the folders where it is usually put.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramFile>,
    /// How many other users of this computer have it, as far as this one may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_users: Option<usize>,
}

impl Desktop {
    /// Whether anything of it was found for this user.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        !self.installed.is_empty() || !self.programs.is_empty()
    }

    /// Its version: the one listed, else that of its program.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let listed = self.installed.iter().find_map(|one| one.version.as_deref());
        listed.or_else(|| self.programs.iter().find_map(|one| one.version.as_deref()))
    }
}

/// A line of the list of installed programs.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Installed {
    /// Its name there.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub name: String,
    /// Its version there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub version: Option<String>,
    /// For whom.
    pub scope: Scope,
}

/// Whom a setting is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All users of the computer.
    Machine,
    /// This user.
    User,
}

impl Scope {
    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Machine => "all users",
            Self::User => "this user",
        }
    }
}

/// The file of a program.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ProgramFile {
    /// Where it is.
    #[schemars(extend("x-identifies" = "path"))]
    pub path: String,
    /// Whether it is there; not known of a name without a folder, or where this user may not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The version that the file says it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub version: Option<String>,
    /// Who made it, as the file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub maker: Option<String>,
}

/// Who opens links of Desktop.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct LinkOpeners {
    /// What is registered for this user alone.
    pub user: Registered,
    /// What is registered for all users.
    pub machine: Registered,
    /// What wins.
    pub effective: Registered,
    /// What the user, or a policy, chose beside the registrations. It wins over them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub chosen: Option<String>,
}

/// What a place of the registry says of the links.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Registered {
    /// It could not be read.
    #[default]
    Unknown,
    /// Nothing.
    Absent,
    /// A program.
    As(Registration),
}

/// A program registered for links.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Registration {
    /// Whether it says that it is for links (`URL Protocol`); without that it is for none.
    pub for_links: bool,
    /// The program of its command; missing if it has no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramFile>,
    /// Whether the command hands the link over.
    #[serde(default)]
    pub hands_over: bool,
}

/// The browser, and what it is told about the links.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Browser {
    /// The one that opens web pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<BrowserKind>,
    /// Policies of Chrome and Edge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<BrowserPolicy>,
}

/// Which browser.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BrowserKind {
    Chrome,
    Edge,
    Firefox,
    Other,
}

impl BrowserKind {
    /// Its name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Other => "another browser",
        }
    }

    /// By the name under which it registers for web pages.
    #[cfg(any(windows, test))]
    pub(crate) fn of_registration(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        match () {
            () if lower.starts_with("chromehtml") => Self::Chrome,
            () if lower.starts_with("msedgehtm") => Self::Edge,
            () if lower.starts_with("firefoxurl") => Self::Firefox,
            () => Self::Other,
        }
    }
}

/// What a company tells a browser about links. Lines about web pages are counted and left out.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct BrowserPolicy {
    /// Whom it tells.
    pub browser: BrowserKind,
    /// For whom.
    pub scope: Scope,
    /// Lines of `URLBlocklist` that cover the links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub blocked: Vec<String>,
    /// How many lines that list has.
    #[serde(default)]
    pub blocked_lines: usize,
    /// Lines of `URLAllowlist` that cover the links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-identifies" = "nothing"))]
    pub allowed: Vec<String>,
    /// How many lines that list has.
    #[serde(default)]
    pub allowed_lines: usize,
    /// Whether the browser may open the links of some pages without asking
    /// (`AutoLaunchProtocolsFromOrigins`).
    #[serde(default)]
    pub opens_unasked: bool,
}

/// How closely a line of a browser's list covers the links of Desktop: 0 not at all, 1 as every
/// address, 2 by its scheme. The closer of two lists wins, and of two alike the one that allows.
#[must_use]
pub fn covers_links(line: &str) -> u8 {
    let line = line.trim().to_ascii_lowercase();
    if line == "*" {
        return 1;
    }
    let Some((scheme, rest)) = line.split_once(':') else { return 0 };
    let everything = matches!(rest, "" | "*" | "//" | "//*");
    if scheme == LINK_SCHEME && (everything || rest.starts_with("//enterpriseurl")) { 2 } else { 0 }
}

/// What programs are told that leave encryption to the system. The numbers are those of the
/// registry; what is not set there is as Windows has it.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Encryption {
    /// Switches of `SCHANNEL\Protocols\…\Client`, for every program that uses the system's TLS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionSwitch>,
    /// `DefaultSecureProtocols` of `WinHTTP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winhttp: Option<u32>,
    /// The same for programs of 32 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winhttp_32: Option<u32>,
    /// `SecureProtocols` of the user's Internet options, for programs that use `WinINet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wininet: Option<u32>,
    /// Switches of .NET.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dotnet: Vec<DotNet>,
    /// `DisableRootAutoUpdate`: whether Windows is kept from fetching roots it does not have yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_update_disabled: Option<u32>,
}

/// One version of TLS as programs that connect have it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct VersionSwitch {
    /// Such as `TLS 1.2`.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub version: String,
    /// `Enabled`: 0 switches it off for every program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<u32>,
    /// `DisabledByDefault`: anything but 0 switches it off for programs that do not ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by_default: Option<u32>,
}

impl VersionSwitch {
    /// Whether no program can have it.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.enabled == Some(0)
    }

    /// Whether only programs have it that ask for it.
    #[must_use]
    pub fn is_off_by_default(&self) -> bool {
        !self.is_off() && self.disabled_by_default.is_some_and(|value| value != 0)
    }
}

/// What .NET is told.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DotNet {
    /// The runtime, such as `v4.0.30319`.
    #[schemars(extend("x-identifies" = "nothing"))]
    pub runtime: String,
    /// For programs of how many bits.
    pub bits: u8,
    /// `SchUseStrongCrypto`: 0 keeps older programs at TLS 1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strong_crypto: Option<u32>,
    /// `SystemDefaultTlsVersions`: 1 leaves the choice to the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_default: Option<u32>,
}

/// The bits of `DefaultSecureProtocols` and `SecureProtocols` for TLS 1.2 and 1.3.
pub const TLS_1_2_AND_1_3: u32 = 0x0800 | 0x2000;

impl Encryption {
    /// The switches of one version, if any is set.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&VersionSwitch> {
        self.versions.iter().find(|one| one.version == name)
    }
}

/// What the computer and its user belong to. Of a workgroup, and of an account of this computer,
/// no name is read.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default)]
pub struct Membership {
    /// What the computer is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computer_in: Option<PartOf>,
    /// The name of its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub computer_domain: Option<String>,
    /// Whether it is joined to Microsoft Entra.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entra: Option<bool>,
    /// Whose account the signed-on user has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_of: Option<UserOf>,
    /// The name of the user's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-identifies" = "host"))]
    pub user_domain: Option<String>,
}

/// What a computer is part of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartOf {
    /// A domain of Active Directory.
    Domain,
    /// None.
    Workgroup,
}

/// Whose account a user has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserOf {
    /// This computer's own.
    Computer,
    /// A domain's.
    Domain,
    /// Microsoft Entra's.
    Entra,
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let computer = match (self.computer_in, self.entra) {
            (Some(PartOf::Domain), Some(true)) => "in a domain and in Entra",
            (Some(PartOf::Domain), _) => "in a domain",
            (_, Some(true)) => "in Entra",
            (Some(PartOf::Workgroup), _) => "in no domain",
            (None, _) => "in what, is not known",
        };
        f.write_str(computer)?;
        if let Some(domain) = &self.computer_domain {
            write!(f, " ({domain})")?;
        }
        match (self.user_of, &self.user_domain) {
            (Some(UserOf::Computer), _) => f.write_str(", signed on with an account of its own"),
            (Some(UserOf::Domain), Some(domain)) => write!(f, ", signed on as a user of {domain}"),
            (Some(UserOf::Domain), None) => f.write_str(", signed on as a user of a domain"),
            (Some(UserOf::Entra), _) => f.write_str(", signed on as a user of Entra"),
            (None, _) => Ok(()),
        }
    }
}

/// The program that a command of the registry starts, whether it is there, and what follows it.
///
/// Without quotes Windows tries every beginning of the command that ends at a space, and adds
/// `.exe`. `exists` is asked for whole paths.
#[cfg(any(windows, test))]
pub(crate) fn program_of(
    command: &str,
    exists: impl Fn(&str) -> Option<bool>,
) -> Option<(String, Option<bool>, String)> {
    let command = command.trim();
    if let Some(quoted) = command.strip_prefix('"') {
        let (path, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
        let found = exists(path);
        return (!path.is_empty()).then(|| (path.to_owned(), found, rest.trim().to_owned()));
    }
    let ends = command.match_indices(' ').map(|(at, _)| at).chain([command.len()]);
    for end in ends.clone() {
        let path = &command[..end];
        for path in [path.to_owned(), format!("{path}.exe")] {
            if exists(&path) == Some(true) {
                return Some((path, Some(true), command[end..].trim().to_owned()));
            }
        }
    }
    // None is there: the one that was meant ends as programs do.
    let meant = ends.clone().find(|&end| command[..end].to_ascii_lowercase().ends_with(".exe"));
    let end = meant.or_else(|| ends.clone().next()).filter(|&end| end > 0)?;
    let path = &command[..end];
    Some((path.to_owned(), exists(path), command[end..].trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(path: &str) -> Option<bool> {
        let absolute = path.as_bytes().get(1) == Some(&b':');
        let known = ["C:\\Program Files\\Qlik\\b.exe", "C:\\a b\\c.exe"];
        absolute.then(|| known.contains(&path))
    }

    fn told(command: &str) -> Option<(String, Option<bool>, String)> {
        program_of(command, there)
    }

    fn is(path: &str, exists: Option<bool>, rest: &str) -> (String, Option<bool>, String) {
        (path.to_owned(), exists, rest.to_owned())
    }

    #[test]
    fn commands_are_read_as_windows_reads_them() {
        let program = "C:\\Program Files\\Qlik\\b.exe";
        assert_eq!(told(&format!("\"{program}\" \"%1\"")), Some(is(program, Some(true), "\"%1\"")));
        assert_eq!(told(&format!("{program} %1")), Some(is(program, Some(true), "%1")));
        assert_eq!(told("C:\\a b\\c %1"), Some(is("C:\\a b\\c.exe", Some(true), "%1")));
        let gone = "C:\\gone there\\d.exe";
        assert_eq!(told(&format!("{gone} -u %1")), Some(is(gone, Some(false), "-u %1")));
        assert_eq!(told(&format!("\"{gone}\"")), Some(is(gone, Some(false), "")));
        assert_eq!(told("rundll32 url.dll,x %1"), Some(is("rundll32", None, "url.dll,x %1")));
        assert_eq!((told(""), told("\"\" x")), (None, None));
    }

    #[test]
    fn lines_of_browsers_are_about_addresses_schemes_or_pages() {
        assert_eq!(covers_links("*"), 1);
        for line in ["qliksense:*", "qliksense://*", " QlikSense:* ", "qliksense:", "qliksense://"]
        {
            assert_eq!(covers_links(line), 2, "{line}");
        }
        for line in ["https://*", "qlik.example", "qliksense", "javascript:*", "*:8080", ""] {
            assert_eq!(covers_links(line), 0, "{line}");
        }
    }

    #[test]
    fn windows_11_is_called_so() {
        let mut system = System {
            product: Some("Windows 10 Pro".into()),
            release: Some("23H2".into()),
            build: Some(22_631),
            revision: Some(4460),
            server: Some(false),
        };
        assert_eq!(system.to_string(), "Windows 11 Pro 23H2 (build 22631.4460)");
        system.build = Some(19_045);
        assert_eq!(system.to_string(), "Windows 10 Pro 23H2 (build 19045.4460)");
        assert_eq!(System::default().to_string(), "Windows");
    }

    #[test]
    fn browsers_are_known_by_their_registrations() {
        let kinds = ["ChromeHTML", "MSEdgeHTM", "FirefoxURL-308046B0AF4A39CB", "BraveHTML"];
        let kinds = kinds.map(BrowserKind::of_registration);
        assert_eq!(
            kinds,
            [BrowserKind::Chrome, BrowserKind::Edge, BrowserKind::Firefox, BrowserKind::Other]
        );
    }
}

//! The shape every check has: what it asks, what it saw, which causes it knows.
//!
//! One check is one file of this crate. It fills in [`Check`]; the engine sees it through
//! [`ErasedCheck`], which is implemented once for all of them.

pub mod address;
mod case;
mod cause;
mod check;
mod claims;
mod command;
mod judge;
mod place;
mod target;
mod words;
mod written;

pub use case::{Case, Facts, Stored};
pub use cause::{
    AGAIN, AGAIN_AS_NAMED, Cause, CauseInfo, Diagnosis, Proof, ProofLine, Verification, Verify,
    cause, fallback,
};
#[cfg(test)]
pub(crate) use check::context_for_tests;
pub use check::{
    Budget, Check, Context, EndedCheck, ErasedCheck, Meta, Need, NeedKind, Shaped, passed,
    passed_cleanly, passed_on_direct_way, ran, typed,
};
pub(crate) use check::{SMALL_SEGMENT, via_proxy};
pub use claims::{CLAIMS, Claim, MACHINE_WIDE, claims, may_claim};
pub use command::{expected, quoted};
pub use judge::{is_of_direct_way, judge, status_of};
pub(crate) use place::{
    is_link_local, is_neighbour, is_private, leads_nowhere, location, may_share_owner,
};
pub use target::{Origin, Source, Target};
pub use words::{Confidence, Owner, Reason, ReasonKind, Severity, Status};
pub use written::Written;

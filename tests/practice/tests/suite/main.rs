//! Every behaviour as a client sees it; only loopback addresses are ever used.

mod client;
mod faults;
mod login;
mod names;
mod ntlm;
mod pages;
mod world;

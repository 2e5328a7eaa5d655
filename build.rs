//! Packs the long texts that the program carries, and gives the program for Windows its version, its icon
//! and its manifest.
//!
//! `windres` is called as it is: it comes with the mingw-w64 linker that such a build needs anyway,
//! so that a crate around it would add nothing but a dependency.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    writeln!(out, "cargo::rerun-if-changed=src/windows")?;
    let variable = |name: &str| env::var(name).unwrap_or_default();
    pack_texts(&mut out, Path::new(&variable("OUT_DIR")))?;
    if variable("CARGO_CFG_TARGET_OS") != "windows" {
        return Ok(());
    }
    if variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        writeln!(out, "cargo::warning=only the GNU tools give the program its icon and manifest")?;
        return Ok(());
    }
    let folder = variable("OUT_DIR");
    let (script, object) = (Path::new(&folder).join("hublink.rc"), "hublink-resources.o");
    fs::write(&script, resources(&variable("CARGO_PKG_VERSION"), &variable("CARGO_MANIFEST_DIR")))?;
    // In its folder and by its bare name: the path must not get into the object.
    let windres = if variable("HOST") == variable("TARGET") {
        "windres".to_owned()
    } else {
        format!("{}-w64-mingw32-windres", variable("CARGO_CFG_TARGET_ARCH"))
    };
    let status = Command::new(&windres)
        .current_dir(&folder)
        .args(["--codepage=65001", "hublink.rc", "--output-format=coff", object])
        .status()
        .map_err(|error| io::Error::new(error.kind(), format!("{windres}: {error}")))?;
    if !status.success() {
        return Err(io::Error::other(format!("{windres}: {status}")));
    }
    writeln!(out, "cargo::rustc-link-arg-bins={}", Path::new(&folder).join(object).display())
}

/// What `src/packed.rs` unpacks: texts that most runs never look at, of which a tenth is left.
const TEXTS: [&str; 5] = [
    "docs/report.schema.json",
    "docs/line.schema.json",
    "docs/diff.schema.json",
    "docs/external.schema.json",
    "src/commands/examples.json",
];

fn pack_texts(out: &mut impl Write, folder: &Path) -> io::Result<()> {
    for text in TEXTS {
        writeln!(out, "cargo::rerun-if-changed={text}")?;
        let name = text.rsplit('/').next().unwrap_or(text);
        let packed = miniz_oxide::deflate::compress_to_vec(&fs::read(text)?, 10);
        fs::write(folder.join(name).with_extension("packed"), packed)?;
    }
    Ok(())
}

/// The script of the resource compiler.
fn resources(version: &str, root: &str) -> String {
    let numbers: Vec<&str> = version.split(['.', '-', '+']).take(3).collect();
    let four = format!("{},0", numbers.join(","));
    // It reads a backslash as the beginning of an escape.
    let root = root.replace('\\', "/");
    format!(
        r#"1 ICON "{root}/src/windows/icon.ico"
1 24 "{root}/src/windows/hublink.manifest"
1 VERSIONINFO
FILEVERSION {four}
PRODUCTVERSION {four}
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "FileDescription", "hublink, a doctor for the connection between Qlik Sense Desktop and its hubs"
      VALUE "FileVersion", "{version}"
      VALUE "InternalName", "hublink"
      VALUE "LegalCopyright", "The hublink developers; MIT or Apache-2.0"
      VALUE "OriginalFilename", "hublink.exe"
      VALUE "ProductName", "hublink"
      VALUE "ProductVersion", "{version}"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 0x4b0
  END
END
"#
    )
}

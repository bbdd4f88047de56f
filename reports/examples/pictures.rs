//! Takes the pictures of `docs/`: `pictures GALLERY FOLDER`, from the pages of the gallery. For
//! `make gallery`.

#[expect(dead_code, reason = "a part of it is for tests")]
#[path = "../tests/browser/mod.rs"]
mod browser;

use std::error::Error;
use std::path::{Path, PathBuf};

use browser::{Browser, Scheme, Session};

/// A part of a page.
struct Picture {
    /// Of its file.
    name: &'static str,
    /// Of the gallery's page.
    page: &'static str,
    width: u32,
    scheme: Scheme,
    /// What is clicked first.
    click: Option<&'static str>,
    /// What the picture shows: from the top of the first element to the bottom of the last.
    parts: [&'static str; 2],
}

const PICTURES: [Picture; 7] = [
    Picture {
        name: "report",
        page: "lost-write",
        width: 1280,
        scheme: Scheme::Light,
        click: None,
        parts: [".top", "#finding-1 figure"],
    },
    Picture {
        name: "finding",
        page: "lost-write",
        width: 1100,
        scheme: Scheme::Light,
        click: None,
        parts: ["#finding-1", "#finding-1"],
    },
    Picture {
        name: "timeline",
        page: "lost-write",
        width: 1100,
        scheme: Scheme::Light,
        click: Some("#finding-1 button[data-finding]"),
        parts: ["#timeline", "#timeline"],
    },
    Picture {
        name: "checks",
        page: "revoked-lease",
        width: 1100,
        scheme: Scheme::Light,
        click: None,
        parts: ["section[aria-labelledby=checks]", "section[aria-labelledby=sometimes]"],
    },
    Picture {
        name: "faults",
        page: "revoked-lease",
        width: 1100,
        scheme: Scheme::Light,
        click: None,
        parts: ["section[aria-labelledby=faults]"; 2],
    },
    Picture {
        name: "recovery",
        page: "revoked-lease",
        width: 1100,
        scheme: Scheme::Light,
        click: None,
        parts: ["section[aria-labelledby=recovery]"; 2],
    },
    Picture {
        name: "phone",
        page: "revoked-lease",
        width: 390,
        scheme: Scheme::Dark,
        click: None,
        parts: [".top", "#finding-1 .because"],
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(gallery), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("two folders are needed: of the gallery, and of the pictures".into());
    };
    let browser = Browser::find().ok_or("there is no Chromium on the PATH: install `chromium`")?;
    std::fs::create_dir_all(&folder)?;
    for picture in &PICTURES {
        let taken = take(&browser, &gallery, picture)?;
        std::fs::write(folder.join(format!("{}.png", picture.name)), taken)?;
    }
    Ok(())
}

fn take(browser: &Browser, gallery: &Path, picture: &Picture) -> Result<Vec<u8>, Box<dyn Error>> {
    let page = std::fs::read_to_string(gallery.join(picture.page).join("report.html"))?;
    let mut session = Session::open(browser, &page, picture.width, picture.scheme);
    if let Some(selector) = picture.click {
        session.click(selector);
    }
    Ok(session.picture_of(picture.parts))
}

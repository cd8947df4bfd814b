//! The sections that the shell itself needs: its node, its files, the database, the PBX and the operators' API.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use engine::words::Node;
use secrecy::SecretString;

use super::section::Section;
use super::{Ami, Ari, Database, Http, Redis, texts};
use crate::numbers::Numbering;

/// What the sections say.
pub(super) struct Shell {
    pub(super) node: Node,
    pub(super) data_dir: PathBuf,
    pub(super) numbering: Numbering,
    pub(super) database: Database,
    pub(super) redis: Option<Redis>,
    /// Whether anything is said of a stream in it.
    pub(super) names_a_stream: bool,
    pub(super) ari: Ari,
    pub(super) ami: Option<Ami>,
    pub(super) http: Http,
}

/// Paths are taken from `home`, the directory of the file, so that it does not matter where a command is run.
pub(super) fn read(root: &mut Section<'_>, home: &Path) -> Shell {
    let node = root.text("node", |text| Node::try_from(text.to_owned()).map_err(|e| e.to_string()));
    let node = node.unwrap_or_else(|| Node::try_from("rm1".to_owned()).expect("a name"));
    let data_dir = home.join(root.text("data_dir", path).unwrap_or_else(|| "data".into()));
    let numbering = root.text("country", Numbering::of).unwrap_or_default();
    let database = database(root.table("database"), &data_dir);
    let (redis, names_a_stream) = redis(root.table("redis"));
    let ari = ari(root.table("ari"));
    let ami = ami(root.table("ami"));
    let http = http(root.table("http"));
    Shell { node, data_dir, numbering, database, redis, names_a_stream, ari, ami, http }
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        Err("must not be empty; write a directory, such as data".into())
    } else {
        Ok(PathBuf::from(text))
    }
}

fn database(mut section: Section<'_>, data_dir: &Path) -> Database {
    let url = section.secret("url", |url| {
        if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            Ok(())
        } else {
            Err("must begin with sqlite: or postgres:, such as sqlite:///var/lib/ringmaster/ringmaster.db or \
                 postgres://ringmaster@localhost/ringmaster"
                .into())
        }
    });
    section.finish();
    let url = url.unwrap_or_else(|| SecretString::from(address(&data_dir.join("ringmaster.db"))));
    Database { url }
}

/// The address of a database that is a file. A folder may be called by what means something else in an address.
fn address(file: &Path) -> String {
    let mut url = String::from("sqlite://");
    for byte in file.display().to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url += &format!("%{byte:02X}");
        }
    }
    url
}

/// The second is whether it says of a stream that there is one, or that there is none.
fn redis(mut section: Section<'_>) -> (Option<Redis>, bool) {
    let given = section.has("url");
    let named = section.has("stream");
    if !given {
        section.unused(&["prefix"], "is what a Redis has its keys begin with, and there is none; set url");
    }
    let url = section.secret("url", |url| match redis::Client::open(url) {
        Ok(_) if url.starts_with("redis:") => Ok(()),
        Ok(_) | Err(_) => Err("must be the address of a Redis, such as redis://127.0.0.1:6379/0".into()),
    });
    let prefix = section.text("prefix", texts::prefix_of_keys).unwrap_or_else(|| "ringmaster".into());
    let place = section.place("stream");
    let stream = section.flag("stream").unwrap_or(false);
    if stream && !given {
        section.problem(&place, "stream", "needs a Redis to be in; set url");
    }
    section.finish();
    (url.map(|url| Redis { url, prefix, stream }), named)
}

/// Nobody dials with the empty password of one that is missing: the report says that it is.
fn ari(mut section: Section<'_>) -> Ari {
    let url = section.text("url", texts::ari_url).unwrap_or_else(|| "http://127.0.0.1:8088".into());
    let user = section.text("user", texts::user).unwrap_or_else(|| "ringmaster".into());
    let app = section.text("app", texts::app).unwrap_or_else(|| "autodialer".into());
    if !section.has("password") {
        section.missing(
            "password",
            "set it here or by RINGMASTER__ARI__PASSWORD to that of the user in ari.conf",
        );
    }
    let password = section.secret("password", |password| {
        if password.is_empty() { Err("must not be empty".into()) } else { Ok(()) }
    });
    section.finish();
    Ari { url, user, password: password.unwrap_or_default(), app }
}

/// There is none where no address is given.
fn ami(mut section: Section<'_>) -> Option<Ami> {
    let watched = section.has("address");
    if !watched {
        section.unused(
            &["user", "password"],
            "is of no use where nothing is watched; set address, such as to 127.0.0.1:5038",
        );
    }
    let address = section.text("address", texts::host_and_port);
    let user = section.text("user", texts::user).unwrap_or_else(|| "ringmaster".into());
    if watched && !section.has("password") {
        section.missing(
            "password",
            "set it here or by RINGMASTER__AMI__PASSWORD to that of the user in manager.conf",
        );
    }
    let password = section.secret("password", |password| {
        if password.is_empty() || password.contains(char::is_control) {
            Err("must not be empty, nor have line ends in it".into())
        } else {
            Ok(())
        }
    });
    section.finish();
    Some(Ami { address: address?, user, password: password? })
}

fn http(mut section: Section<'_>) -> Http {
    let allow_remote = section.flag("allow_remote").unwrap_or(false);
    let listen = section.text("listen", |text| {
        let address = texts::listen(text)?;
        if address.ip().is_loopback() || allow_remote {
            Ok(address)
        } else {
            Err(format!(
                "{text:?} can be reached from other machines, and the API is not encrypted: listen on 127.0.0.1, or set allow_remote = true"
            ))
        }
    });
    let metrics_token = section.secret("metrics_token", texts::token);
    section.finish();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)));
    Http { listen, allow_remote, metrics_token }
}

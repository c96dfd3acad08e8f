//! A static file server for `dist/`, for looking at the page and for the tests in the browser.
//!
//! It knows GET and HEAD, files below one folder, and nothing else; it listens on 127.0.0.1 only.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Result, anyhow, ensure};
use percent_encoding::percent_decode_str;
use tiny_http::{Method, Request, Server};

use crate::{bundle, dist, flags};

const DEFAULT_PORT: u16 = 8000;

/// Enough for a browser's six connections; the threads wait for the disk, not for a core.
const THREADS: usize = 6;

pub fn command(options: &flags::Serve) -> Result<()> {
    let base = options.base.as_deref().unwrap_or("/");
    ensure!(base.starts_with('/') && base.ends_with('/'), "--base is {base:?}: it must begin and end with /");
    if options.no_build {
        ensure!(dist().join("index.html").exists(), "dist/ holds no page: run without --no-build");
    } else {
        bundle::build(options.debug)?;
    }
    let site = match options.port {
        Some(port) => Site::start(&dist(), base, port)?,
        None => Site::start(&dist(), base, DEFAULT_PORT).or_else(|_| Site::start(&dist(), base, 0))?,
    };
    println!("serving on {} (Ctrl-C ends it)", site.url);
    loop {
        thread::park();
    }
}

/// A folder that is being served, until the process ends.
pub struct Site {
    /// Where `index.html` is: `http://127.0.0.1:<port><base>`.
    pub url: String,
}

impl Site {
    /// Serves `folder` below the path `base` (such as `/` or `/some/path/`) on `port`, or on a free one for 0.
    pub fn start(folder: &Path, base: &str, port: u16) -> Result<Site> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let server = Server::http(address).map_err(|error| anyhow!("cannot listen on {address}: {error}"))?;
        let url = format!("http://{}{base}", server.server_addr());
        let server = Arc::new(server);
        let folder = fs::canonicalize(folder)?;
        for _ in 0..THREADS {
            let (server, folder, base) = (server.clone(), folder.clone(), base.to_owned());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // A browser that closed the connection is no concern of ours.
                    let _ = answer(request, &folder, &base);
                }
            });
        }
        Ok(Site { url })
    }
}

fn answer(request: Request, folder: &Path, base: &str) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return send(
            request,
            "405 Method Not Allowed",
            &[("Allow", "GET, HEAD")],
            &mut Body::text("405 Method Not Allowed\n"),
        );
    }
    match resolve(folder, base, request.url()) {
        Target::File(path) => {
            let mime = mime_guess::from_path(&path).first_or_octet_stream();
            let charset = if mime.type_() == "text" { "; charset=utf-8" } else { "" };
            let headers = [
                ("Content-Type", format!("{mime}{charset}")),
                ("X-Content-Type-Options", "nosniff".to_owned()),
                ("Cache-Control", "no-cache".to_owned()),
            ];
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &value[..])).collect();
            send(request, "200 OK", &headers, &mut Body::file(&path)?)
        }
        Target::Folder(location) => {
            send(request, "308 Permanent Redirect", &[("Location", &location)], &mut Body::text(""))
        }
        Target::Nothing => send(request, "404 Not Found", &[], &mut Body::text("404 Not Found\n")),
    }
}

/// What follows a response's head.
struct Body {
    length: u64,
    content: Box<dyn Read>,
}

impl Body {
    fn text(text: &'static str) -> Body {
        Body { length: text.len() as u64, content: Box::new(text.as_bytes()) }
    }

    fn file(path: &Path) -> std::io::Result<Body> {
        let file = File::open(path)?;
        Ok(Body { length: file.metadata()?.len(), content: Box::new(file) })
    }
}

/// Written by hand for `Connection: close`, which tiny_http does not let one say. Its pool of connections has a race:
/// one that arrives while another takes the last idle thread waits until some connection ends, and those that a
/// browser keeps alive do not. A page then hung about once in five times when the machine was busy.
fn send(request: Request, status: &str, headers: &[(&str, &str)], body: &mut Body) -> std::io::Result<()> {
    let is_head = *request.method() == Method::Head;
    let mut out = request.into_writer();
    write!(out, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.length)?;
    for (name, value) in headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    write!(out, "\r\n")?;
    if !is_head {
        std::io::copy(&mut body.content, &mut out)?;
    }
    out.flush()
}

#[derive(Debug, PartialEq)]
enum Target {
    File(PathBuf),
    /// A folder asked for without its final slash: relative URLs need it.
    Folder(String),
    Nothing,
}

/// What `url` (path and query as sent) names below `folder`, which is canonical.
fn resolve(folder: &Path, base: &str, url: &str) -> Target {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let with_slash = || Target::Folder(query.map_or(format!("{path}/"), |query| format!("{path}/?{query}")));
    let Some(below) = path.strip_prefix(base) else {
        return if format!("{path}/") == base { with_slash() } else { Target::Nothing };
    };
    let mut file = folder.to_path_buf();
    for segment in below.split('/').filter(|segment| !segment.is_empty()) {
        let Ok(segment) = percent_decode_str(segment).decode_utf8() else {
            return Target::Nothing;
        };
        // Hidden files, parents, and whatever an operating system might read as a separator, drive or stream.
        if segment.starts_with('.') || segment.contains(['/', '\\', ':', '\0']) {
            return Target::Nothing;
        }
        file.push(&*segment);
    }
    // A link may lead elsewhere: what counts is where it ends.
    let Some(file) = fs::canonicalize(file).ok().filter(|file| file.starts_with(folder)) else {
        return Target::Nothing;
    };
    let (is_folder, asks_for_folder) = (file.is_dir(), below.is_empty() || below.ends_with('/'));
    match (is_folder, asks_for_folder) {
        (true, false) => with_slash(),
        (true, true) if file.join("index.html").is_file() => Target::File(file.join("index.html")),
        (false, false) => Target::File(file),
        _ => Target::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::{Site, Target, resolve};
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use xshell::{Shell, TempDir};

    fn site() -> TempDir {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        for path in ["secret.txt", "dist/index.html", "dist/assets/a b.wasm", "dist/sub/index.html", "dist/.hidden"] {
            sh.write_file(folder.path().join(path), path).unwrap();
        }
        folder
    }

    #[test]
    fn urls_name_files_below_the_folder_only() {
        let site = site();
        let folder = fs::canonicalize(site.path().join("dist")).unwrap();
        let file = |path: &str| Target::File(folder.join(path));
        let moved = |path: &str| Target::Folder(path.to_owned());
        for (base, url, expected) in [
            ("/", "/", file("index.html")),
            ("/", "/?seed=7", file("index.html")),
            ("/", "/assets/a%20b.wasm", file("assets/a b.wasm")),
            ("/", "/assets/a%20b.wasm/", Target::Nothing),
            ("/", "/sub", moved("/sub/")),
            ("/", "/sub?seed=7", moved("/sub/?seed=7")),
            ("/", "/sub/", file("sub/index.html")),
            ("/", "/assets/", Target::Nothing),
            ("/", "/missing", Target::Nothing),
            ("/", "/.hidden", Target::Nothing),
            ("/", "/../secret.txt", Target::Nothing),
            ("/", "/%2e%2e/secret.txt", Target::Nothing),
            ("/", "/..%2fsecret.txt", Target::Nothing),
            ("/", "/..%5csecret.txt", Target::Nothing),
            ("/", "/%ff", Target::Nothing),
            ("/", "/index.html%00", Target::Nothing),
            ("/", "http://other.example/", Target::Nothing),
            ("/some/path/", "/some/path/", file("index.html")),
            ("/some/path/", "/some/path", moved("/some/path/")),
            ("/some/path/", "/", Target::Nothing),
            ("/some/path/", "/some/pathological", Target::Nothing),
        ] {
            assert_eq!(resolve(&folder, base, url), expected, "{url} below {base}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_leads_nowhere() {
        let site = site();
        let folder = fs::canonicalize(site.path().join("dist")).unwrap();
        std::os::unix::fs::symlink(site.path().join("secret.txt"), folder.join("link.txt")).unwrap();
        assert_eq!(resolve(&folder, "/", "/link.txt"), Target::Nothing);
    }

    #[test]
    fn answers_carry_type_and_status() {
        let folder = site();
        let site = Site::start(&folder.path().join("dist"), "/x/", 0).unwrap();
        let host = site.url.trim_start_matches("http://").trim_end_matches("/x/").to_owned();
        for (request, expected) in [
            ("GET /x/", ["HTTP/1.1 200", "Content-Type: text/html; charset=utf-8", "dist/index.html"]),
            ("GET /x/assets/a%20b.wasm", ["HTTP/1.1 200", "Content-Type: application/wasm", "nosniff"]),
            ("GET /x", ["HTTP/1.1 308", "Location: /x/", ""]),
            ("GET /x/missing", ["HTTP/1.1 404", "404 Not Found", ""]),
            ("POST /x/", ["HTTP/1.1 405", "Allow: GET, HEAD", ""]),
        ] {
            let mut stream = TcpStream::connect(&host).unwrap();
            write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            for part in expected {
                assert!(answer.contains(part), "{request}: {part:?} is not in {answer:?}");
            }
        }
    }
}
